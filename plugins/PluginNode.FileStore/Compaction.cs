namespace PluginNode.FileStore;

/// <summary>
/// One pass over the closed segments, oldest first: which records are moved to the end of the log, so that the segments
/// they lie in can go. Only what existed at its begin is looked at, and each segment once, so it comes to an end.
/// Not thread-safe.
/// </summary>
internal sealed class Compaction(StoreIndex index, int usualBytes, int upTo, bool isOwn)
{
    /// <summary>Segments that there may be, besides twice those that what lives would fill.</summary>
    private const int Spare = 8;

    private Queue<long> _left = [];
    private int _after;

    /// <summary>Whether the store began it by itself: nobody waits for it.</summary>
    public bool IsOwn { get; } = isOwn;

    public bool IsOver { get; private set; }

    /// <summary>Whose records are moved just now.</summary>
    public Segment? Current { get; private set; }

    /// <summary>Whether there are so many segments that the store gives space back without being asked.</summary>
    public static bool IsDue(StoreIndex index, int usualBytes)
    {
        var (held, live) = (0L, 0L);
        foreach (var segment in index.Segments.Where(s => s.End > 0))
        {
            held += Math.Max(segment.End, usualBytes); // a small one is a file and an open handle too
            live += segment.LiveBytes;
        }
        return held > (2 * live) + ((long)Spare * usualBytes);
    }

    /// <summary>The next record to be moved, which stays the next one until <see cref="Take"/>; null at the
    /// end, and at that of a segment where it may not go on to the next.</summary>
    public long? Peek(Segment? active, bool mayGoOn)
    {
        while (!IsOver)
        {
            while (_left.TryPeek(out var sequence))
            {
                if (index.TryFind(sequence, out var at) && at.Segment == Current) return sequence;
                _left.Dequeue();
            }
            if (!mayGoOn) return null;
            Current = index.Segments.FirstOrDefault(s => s.Number > _after && s.Number <= upTo && IsWorth(s, active));
            if (Current is null) End();
            else (_after, _left) = (Current.Number, new Queue<long>(index.In(Current)));
        }
        return null;
    }

    public void Take() => _left.Dequeue();

    /// <summary>Leaves the rest of the segment where it is.</summary>
    public void Skip() => _left.Clear();

    public void End()
    {
        IsOver = true;
        (Current, _left) = (null, []);
    }

    /// <summary>
    /// Worth moving is what lies sparse. Where more than half of all is garbage, also what is dense but holds others: a
    /// segment whose removals name it cannot go before it, nor can those that name that one, however empty they are.
    /// At least as much is freed then as is moved.
    /// </summary>
    private bool IsWorth(Segment segment, Segment? active)
    {
        if (segment == active || segment.Live == 0) return false;
        if (segment.LiveBytes * 2 < segment.End) return true;
        if (!IsDue(index, usualBytes) && !IsMostlyGarbage(active)) return false;
        return segment.LiveBytes * 2 < usualBytes || index.HoldsOthers(segment);
    }

    private bool IsMostlyGarbage(Segment? active)
    {
        var closed = index.Segments.Where(s => s != active).ToList();
        return closed.Sum(s => s.End) > 2 * closed.Sum(s => s.LiveBytes);
    }
}
