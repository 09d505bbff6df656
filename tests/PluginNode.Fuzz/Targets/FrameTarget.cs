using Google.Protobuf;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Identity;
using PluginNode.Wire;

namespace PluginNode.Fuzz.Targets;

/// <summary>One frame and its envelope, before any signature: <see cref="FrameReader"/>, <see cref="FrameCodec"/>. What
/// the reader takes the protobuf library reads alike; both encode again to what decodes equal.</summary>
internal sealed class FrameTarget : FuzzTarget
{
    // The envelope's own limits: attributes and names as objects, of which 4 096 are decoded to be refused. Beside it a
    // field that is said again and again, of which the last counts, costs up to 22 times its bytes for a moment.
    private const int EnvelopeFixed = 1024 * 1024;

    public override string Name => "frame";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. ProtoEdits.All, .. ProtoEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        Envelope[] envelopes = [SomeEnvelopes.Plain(), SomeEnvelopes.Full(), SomeEnvelopes.Empty()];
        var batch = SignedBatch.Of(
            SomeNodes.Sender, [.. envelopes.Select((e, i) => ((ulong)i + 1, e.ToByteArray()))]);
        for (var i = 0; i < batch.Count; i++) yield return new Sample($"of-three-{i}", batch[i].ToArray());
        var alone = SignedBatch.Of(SomeNodes.Sender, [(ulong.MaxValue, SomeEnvelopes.Full().ToByteArray())]);
        yield return new Sample("alone", alone[0].ToArray());
    }

    public override Verdict Check(byte[] input)
    {
        var reason = "";
        if (Measure.Bounded(1024, () => FrameCodec.Decode(input, out reason)) is not { } frame)
            return Verdict.Refused(reason);
        ReadsAlike(input, frame);
        var bytes = frame.Envelope;
        var envelope = Measure.Bounded(
            EnvelopeFixed + (24L * bytes.Length), () => FrameCodec.DecodeEnvelope(bytes));
        if (envelope is null) return Verdict.Refused("not an envelope");

        Holds.That(FrameCodec.ReadId(envelope.Id) != Guid.Empty, "an envelope without an id is taken");
        Holds.That(envelope.From.Length == PeerId.KeyBytes && envelope.To.Length == PeerId.KeyBytes, "a key is none");
        var again = FrameCodec.DecodeEnvelope(envelope.ToByteArray());
        Holds.That(envelope.Equals(again), "encoded again it is another envelope");
        if (FrameCodec.Problem(envelope) is { } problem) return Verdict.Refused(problem);
        Holds.That(envelope.Attributes.Count <= FrameCodec.MaxAttributes, "too many attributes are taken");
        return Verdict.Took($"{envelope.Attributes.Count} attributes, {frame.Proof.Length} bytes of proof");
    }

    private static void ReadsAlike(byte[] input, in FrameFields ours)
    {
        var theirs = Frame.Parser.ParseFrom(input);
        Holds.That(
            ours.Version == theirs.Version && ours.Epoch == theirs.Epoch && ours.Position == theirs.Position
            && ours.Index == theirs.Index && ours.Count == theirs.Count
            && ours.Envelope.Span.SequenceEqual(theirs.Envelope.Span)
            && ours.Signature.Span.SequenceEqual(theirs.Signature.Span)
            && ours.Proof.Span.SequenceEqual(theirs.Proof.Span), "the library reads another frame");
        Holds.That(FrameReader.TryRead(theirs.ToByteArray(), out var again), "encoded again it is no frame");
        Holds.That(
            again.Version == ours.Version && again.Epoch == ours.Epoch && again.Position == ours.Position
            && again.Index == ours.Index && again.Count == ours.Count
                && again.Envelope.Span.SequenceEqual(ours.Envelope.Span)
            && again.Signature.Span.SequenceEqual(ours.Signature.Span)
                && again.Proof.Span.SequenceEqual(ours.Proof.Span),
            "encoded again it is another frame");
    }
}
