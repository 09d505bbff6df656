using PluginNode.Storage;

namespace PluginNode.FileStore;

/// <summary>Which record lies where, and what each segment still holds. Not thread-safe.</summary>
internal sealed class StoreIndex
{
    private readonly Dictionary<long, Location> _records = [];
    private readonly SortedDictionary<int, Segment> _segments = [];

    public long LastSequence { get; private set; }
    public int Count => _records.Count;
    public IReadOnlyCollection<Segment> Segments => _segments.Values;
    public int NextNumber => _segments.Count == 0 ? 1 : _segments.Keys.Last() + 1;

    public void Add(Segment segment) => _segments.Add(segment.Number, segment);

    public void Append(long sequence, in Location location)
    {
        // A copy that compaction made ends the older one as a removal would: once both are over, its segment must not
        // go before the older one's, which compaction may have left behind half moved.
        if (Remove(sequence) is { } older) location.Segment.RemovesFrom.Add(older.Number);
        _records[sequence] = location;
        location.Segment.Live++;
        location.Segment.LiveBytes += location.FrameBytes;
        LastSequence = Math.Max(LastSequence, sequence);
    }

    public void Remove(long sequence, Segment by)
    {
        LastSequence = Math.Max(LastSequence, sequence);
        if (Remove(sequence) is { } from) by.RemovesFrom.Add(from.Number);
    }

    public bool TryFind(long sequence, out Location location) => _records.TryGetValue(sequence, out location);

    public IEnumerable<long> Sequences => _records.Keys.Order();

    public IEnumerable<long> In(Segment segment) =>
        _records.Where(r => r.Value.Segment == segment).Select(r => r.Key).Order();

    /// <summary>The segments that nothing needs any more. A segment whose removals name another one goes only after
    /// that one has gone for good, or a crash in between would bring the removed records back.</summary>
    public List<Segment> Obsolete(Func<Segment, bool> inUse) =>
        [.. _segments.Values.Where(s => !inUse(s) && s.Live == 0
            && s.RemovesFrom.All(n => n == s.Number || !_segments.ContainsKey(n)))];

    /// <summary>Takes out segments whose files have gone for good.</summary>
    public void Forget(IEnumerable<Segment> gone)
    {
        foreach (var segment in gone) _segments.Remove(segment.Number);
    }

    /// <summary>Whether another segment has to stay while this one does.</summary>
    public bool HoldsOthers(Segment segment) =>
        _segments.Values.Any(s => s != segment && s.RemovesFrom.Contains(segment.Number));

    private Segment? Remove(long sequence)
    {
        if (!_records.Remove(sequence, out var old)) return null;
        old.Segment.Live--;
        old.Segment.LiveBytes -= old.FrameBytes;
        return old.Segment;
    }
}
