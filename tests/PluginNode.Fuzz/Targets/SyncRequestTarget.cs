using System.Text;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.Fuzz.Targets;

/// <summary>What a neighbour asks for: what is taken is written as a request that is read equal.</summary>
internal sealed class SyncRequestTarget : FuzzTarget
{
    public override string Name => "sync-request";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. JsonEdits.All, .. JsonEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        SyncRequest[] requests =
        [
            new() { From = "alice", Mode = SyncRequest.Page, PageSize = 5_000, Cursor = "12:00" },
            new() { From = "bob", Mode = SyncRequest.Sample, SampleSize = 10, Services = ["social", "é"] },
            new() { From = "c", SliceIndex = 1, SliceTotal = 4, MaxEvents = 100, Subjects = ["x"], SinceTime = 7 },
        ];
        return requests.Select((r, i) => new Sample($"{i}", r.ToJson()));
    }

    public override Verdict Check(byte[] input)
    {
        var read = Measure.Bounded((64 * 1024) + (16L * input.Length), () => SyncRequestReader.Read(input));
        if (read is not { } request) return Verdict.Refused("no request");
        var json = request.ToJson();
        var again = SyncRequestReader.Read(json);
        Holds.That(
            again is not null && again.ToJson().AsSpan().SequenceEqual(json),
            $"written and read again it is another: {Encoding.UTF8.GetString(json)}");
        return Verdict.Took(request.Mode ?? "slice");
    }
}
