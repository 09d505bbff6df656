using Google.Protobuf;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Fuzz.Targets;

/// <summary>A batch of frames whose sender signed them, changed on the way: <see
/// cref="FrameSealer.Open(Identity.PeerId, IReadOnlyList{ReadOnlyMemory{byte}})"/> and its proofs. Nothing is taken but
/// what the sender signed, at the place that it was signed for. Input: parts, each a frame.</summary>
internal sealed class SignedFramesTarget : FuzzTarget
{
    private readonly FrameSealer _sealer = new(SomeNodes.Receiver, epoch: 1);
    private readonly HashSet<(UInt128 Digest, ulong Epoch, ulong Position)> _signed = [];

    public SignedFramesTarget()
    {
        foreach (var sample in Samples())
            foreach (var (message, _) in Open(sample.Bytes))
                if (message is not null) _signed.Add(Content(message));
    }

    public override string Name => "signed-frames";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        PartEdits.With([.. ByteEdits.All, .. ProtoEdits.All, .. ProtoEdits.All]);

    public override IEnumerable<Sample> Samples()
    {
        foreach (var count in (int[])[1, 2, 3, 7])
        {
            var envelopes = Enumerable.Range(1, count).Select(i =>
                ((ulong)i, SomeEnvelopes.Plain((byte)((count * 16) + i), i % 2 == 0 ? "lane" : "").ToByteArray()));
            var frames = SignedBatch.Of(SomeNodes.Sender, [.. envelopes]);
            yield return new Sample($"batch-of-{count}", Parts.Join(frames.Select(f => f.ToArray())));
        }
    }

    public override Verdict Check(byte[] input)
    {
        var count = Parts.Split(input).Count;
        var most = (32 * 1024) + (count * 8192L) + (8L * input.Length);
        var results = Measure.Bounded(most, () => Open(input));
        Holds.That(results.Length == count, "there is not one result for each frame");
        foreach (var (message, outcome) in results)
        {
            if (message is not null) Holds.That(_signed.Contains(Content(message)), "takes what nobody signed");
            else Holds.That(
                outcome.Status is SendStatus.Retry or SendStatus.Refused && !string.IsNullOrEmpty(outcome.Reason),
                "neither takes a frame nor says why not");
        }
        var taken = results.Count(r => r.Message is not null);
        var reasons = results.Select(r => r.Outcome.Reason).Distinct(StringComparer.Ordinal);
        return new Verdict(taken > 0, string.Join(", ", reasons));
    }

    private static (UInt128 Digest, ulong Epoch, ulong Position) Content(Incoming message) =>
        (message.Digest, message.Epoch, message.Position);

    private (Incoming? Message, SendOutcome Outcome)[] Open(byte[] input) =>
        _sealer.Open(SomeNodes.Sender.Self, [.. Parts.Split(input).Select(p => (ReadOnlyMemory<byte>)p)]);
}
