using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;

namespace PluginNode.Fuzz.Targets;

/// <summary>The body of a request of mesh HTTP: what is taken is written again byte for byte.</summary>
internal sealed class MeshBatchTarget : FuzzTarget
{
    // a slice for each frame that a batch may have
    private const int Most = 1024 + (16 * FrameList.MaxFrames);

    public override string Name => "mesh-batch";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits => ByteEdits.All;

    public override IEnumerable<Sample> Samples()
    {
        foreach (var lengths in (int[][])[[0], [5], [1, 0, 300], [16_384, 2], [.. Enumerable.Repeat(3, 40)]])
        {
            var frames =
                lengths.Select((l, i) => new Frame(Guid.Empty, Enumerable.Repeat((byte)i, l).ToArray())).ToList();
            yield return new Sample($"frames-{lengths.Length}-{lengths[0]}", Write(frames));
        }
    }

    public override Verdict Check(byte[] input)
    {
        var frames = Measure.Bounded(Most, () => FrameList.Split(input));
        if (frames is null) return Verdict.Refused("no batch");
        Holds.That(frames.Length is >= 1 and <= FrameList.MaxFrames, "a batch of a wrong number of frames");
        Holds.That(
            Write([.. frames.Select(f => new Frame(Guid.Empty, f))]).AsSpan().SequenceEqual(input),
            "written again it is another");
        return Verdict.Took($"{(frames.Length > 1 ? "several" : "one")}, {frames.Any(f => f.IsEmpty)}");
    }

    private static byte[] Write(List<Frame> frames)
    {
        using var batch = new FrameBatch(frames, 0, frames.Count);
        return [.. batch.Segments.SelectMany(s => s.ToArray())];
    }
}
