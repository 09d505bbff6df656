using PluginNode.Storage;

namespace PluginNode.FileStore;

/// <summary>Reads the whole log into an index. Writes nothing.</summary>
internal sealed class StoreOpening(IDisk disk, StoreIndex index)
{
    private const int NewestSegments = 3;

    private readonly Dictionary<long, KeyId> _keyIds = [];
    private readonly List<(Segment Segment, BadPlace Place)> _bad = [];
    private readonly List<(Segment Segment, long Offset)> _lastWrites = [];

    public IReadOnlyList<(Segment Segment, BadPlace Place)> Bad => _bad;
    public long LastGroup { get; private set; }

    public StoreReport Read(
        bool everyBody, IProgress<(long Read, long Total)>? progress, CancellationToken cancellation)
    {
        var segments = new List<Segment>();
        foreach (var number in disk.List().Select(Segment.NumberOf).OfType<int>().Order())
        {
            var file = disk.Open(Segment.NameOf(number), create: false);
            segments.Add(new Segment(number, file, file.Length));
            index.Add(segments[^1]);
        }
        var (done, total) = (0L, segments.Sum(s => s.Size));
        foreach (var segment in segments)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = done;
            Read(segment, SegmentScan.Read(segment.File, everyBody, read => progress?.Report((before + read, total))));
            done += segment.Size;
        }
        var damage = _bad.Select(b => new StoreDamage(
            $"{b.Segment.Name}+{b.Place.Offset}", b.Place.Bytes, b.Place.What, b.Place.Sequence)).ToList();
        return new StoreReport(index.Count, segments.Sum(s => s.End), index.LastSequence, damage);
    }

    public IReadOnlyCollection<KeyId> LiveKeyIds() =>
        [.. _keyIds.Where(k => index.TryFind(k.Key, out _)).Select(k => k.Value).Distinct()];

    /// <summary>Where the last write of each of the newest segments began, as far as it was found.</summary>
    public IEnumerable<(Segment Segment, long Offset)> LastWrites => _lastWrites.TakeLast(NewestSegments);

    private void Read(Segment segment, SegmentScan scan)
    {
        segment.End = scan.End;
        foreach (var (offset, head) in scan.Frames)
        {
            LastGroup = Math.Max(LastGroup, head.Group);
            if (head.Kind == FrameKind.Removals)
            {
                foreach (var sequence in scan.Removals(offset, head)) index.Remove(sequence, segment);
                continue;
            }
            if (head.Kind == FrameKind.Void) continue;
            index.Append(head.Key.Sequence, new Location(segment, offset, head.HeaderBytes, head.BodyBytes));
            _keyIds[head.Key.Sequence] = head.KeyId;
        }
        foreach (var place in scan.Bad) _bad.Add((segment, place));
        var first = scan.Frames.Count;
        while (first > 0 && scan.Frames[first - 1].Head.Group == scan.Frames[^1].Head.Group) first--;
        if (first < scan.Frames.Count) _lastWrites.Add((segment, scan.Frames[first].Offset));
    }
}
