using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Frames;
using PluginNode.Transports;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// What is said on the stream for frames: a byte for the direction, then a batch with its length, or an answer without.
/// What is read is the same once it is written again, and no reason is longer than a line.
/// </summary>
internal sealed class Libp2pFramesTarget : FuzzTarget
{
    private const int MostBytes = 1 << 20;

    // a table for as many outcomes as a batch has frames
    private const int Fixed = 160 * FrameWire.MaxFrames;

    public override string Name => "libp2p-frames";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        yield return Batch("batch-one", [0x00, 0x01]);
        yield return Batch("batch-some", [1, 2, 3], [], new byte[300]);
        yield return Answer("answer-greeting", 0, "");
        yield return Answer("answer-farewell", 0, "unknown sender");
        yield return Answer(
            "answer-outcomes", 7, "",
            [.. Enum.GetValues<SendStatus>().Select(s => new SendOutcome(IdOf((int)s), s))]);
        yield return Answer(
            "answer-reasons", 8, new string('é', 200),
            new SendOutcome(IdOf(9), SendStatus.Retry, "the inbox is full", TimeSpan.FromSeconds(3)),
            new SendOutcome(IdOf(10), SendStatus.Refused, new string('x', 199) + "\ud83d\ude00"));
    }

    public override Verdict Check(byte[] input)
    {
        if (input.Length == 0) return Verdict.Refused("empty");
        try
        {
            return input[0] % 2 == 0 ? CheckBatch(input.AsMemory(1)) : CheckAnswer(input.AsMemory(1));
        }
        catch (Libp2pException e)
        {
            Holds.That(e.Fault is Libp2pFault.Malformed or Libp2pFault.Limit, $"it has another fault: {e.Fault}");
            return Verdict.Refused(e.Message);
        }
    }

    private static Verdict CheckBatch(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < BatchHead.Length) return Verdict.Refused("cut off");
        var head = Measure.Bounded(4096, () => BatchHead.Read(bytes.Span, MostBytes));
        Holds.That(
            head.Rest is >= 0 and <= MostBytes && head.Count is > 0 and <= FrameWire.MaxFrames, "it is too large");
        if (bytes.Length < BatchHead.Length + head.Rest) return Verdict.Refused("cut off");
        var rest = bytes.Slice(BatchHead.Length, head.Rest);
        var frames = Measure.Bounded(4096 + (24L * head.Count), () => FrameBatch.Split(rest, head.Count));
        using var again = new FrameBatch(
            [.. frames.Select(f => new Frame(Guid.Empty, f))], 0, frames.Length, head.Number, head.Clock);
        Holds.That(
            again.Bytes.Span.SequenceEqual(bytes.Span[..again.Bytes.Length]), "written again it is another batch");
        return Verdict.Took("batch");
    }

    private static Verdict CheckAnswer(ReadOnlyMemory<byte> bytes)
    {
        var answer = Measure.Bounded(Fixed + (8L * bytes.Length), () => Libp2p.Frames.Answer.Parse(bytes.Span));
        Holds.That(IsLine(answer.Reason), "the reason is longer than a line");
        foreach (var (id, outcome) in answer.Outcomes)
        {
            Holds.That(id == outcome.Id && Enum.IsDefined(outcome.Status), "an outcome of another id, or of no status");
            Holds.That(outcome.Reason is null || IsLine(outcome.Reason), "a reason is longer than a line");
        }
        var again = Libp2p.Frames.Answer.Parse(Libp2p.Frames.Answer.Write(
            answer.Number, answer.Clock, unchecked((int)answer.MaxBatch), answer.Reason,
            [.. answer.Outcomes.Values]).AsSpan(sizeof(uint)));
        Holds.That(
            (again.Number, again.Clock, again.MaxBatch, again.Reason, again.Outcomes.Count)
                == (answer.Number, answer.Clock, answer.MaxBatch, answer.Reason, answer.Outcomes.Count)
                && answer.Outcomes.All(o => again.Outcomes[o.Key] == o.Value),
            "written again it is another answer");
        return Verdict.Took(string.Join(',', answer.Outcomes.Values.Select(o => o.Status).Distinct()));
    }

    private static bool IsLine(string text) => text.Length <= FrameWire.MaxReason && !text.Any(char.IsControl);

    private static Guid IdOf(int number) => new(number + 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

    private static Sample Batch(string name, params byte[][] frames)
    {
        using var batch = new FrameBatch(
            [.. frames.Select(f => new Frame(Guid.Empty, f))], 0, frames.Length, 3, 1_700_000_000_000);
        return new Sample(name, [0, .. batch.Bytes.Span]);
    }

    private static Sample Answer(string name, uint number, string reason, params SendOutcome[] outcomes)
    {
        var bytes = Libp2p.Frames.Answer.Write(number, 1_700_000_000_000, 4096, reason, outcomes);
        return new Sample(name, [1, .. bytes.AsSpan(sizeof(uint))]);
    }
}
