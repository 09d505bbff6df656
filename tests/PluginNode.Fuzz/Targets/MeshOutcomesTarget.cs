using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.Fuzz.Targets;

/// <summary>The body of an answer of mesh HTTP: what is read, written and read again is equal, and no reason is longer
/// than a line.</summary>
internal sealed class MeshOutcomesTarget : FuzzTarget
{
    // a table for as many outcomes as a batch has frames
    private const int Fixed = 160 * FrameList.MaxFrames;

    public override string Name => "mesh-outcomes";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        var all = new List<SendOutcome>();
        foreach (var status in Enum.GetValues<SendStatus>())
            all.Add(new SendOutcome(new Guid((int)status + 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), status));
        yield return new Sample("every-status", Outcomes.Write(all));
        all.Add(new SendOutcome(Guid.Empty, SendStatus.Retry, "the inbox is full", TimeSpan.FromSeconds(3)));
        all.Add(new SendOutcome(new Guid(9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), SendStatus.Refused, new string('é', 200)));
        var cutInTwo = new string('x', 199) + "\ud83d\ude00";
        all.Add(new SendOutcome(new Guid(10, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), SendStatus.Retry, cutInTwo));
        yield return new Sample("reasons", Outcomes.Write(all));
        yield return new Sample("none", Outcomes.Write([]));
    }

    public override Verdict Check(byte[] input)
    {
        var outcomes = Measure.Bounded(Fixed + (8L * input.Length), () => Outcomes.Read(input));
        if (outcomes is null) return Verdict.Refused("malformed");
        foreach (var (id, outcome) in outcomes)
        {
            Holds.That(id == outcome.Id && Enum.IsDefined(outcome.Status), "an outcome of another id, or of no status");
            Holds.That(
                outcome.Reason is null
                    || (outcome.Reason.Length <= Outcomes.MaxReason && !outcome.Reason.Any(char.IsControl)),
                "a reason is longer than a line");
        }
        var again = Outcomes.Read(Outcomes.Write([.. outcomes.Values]));
        Holds.That(again is not null && again.Count == outcomes.Count, "written again they are others");
        foreach (var (id, outcome) in outcomes)
            Holds.That(again![id] == outcome, $"written again '{outcome}' is '{again[id]}'");
        return Verdict.Took(string.Join(',', outcomes.Values.Select(o => o.Status).Distinct()));
    }
}
