using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>Answers one query for the events in order. Used under the index's lock.</summary>
internal sealed class LedgerReader(Shelves shelves, LedgerQuery query)
{
    private readonly PriorityQueue<RunWalk, LedgerEntry> _walks = new(Comparer<LedgerEntry>.Create(
        query.Mode == LedgerMode.Recent ? (a, b) => LedgerKey.Compare(b, a) : LedgerKey.Compare));

    /// <summary>How many entries were looked at.</summary>
    public int Steps { get; private set; }

    public LedgerPage Page()
    {
        var since = LedgerKey.Before(query.Since);
        Begin(query.After is { } after ? Later(Behind(after), since) : since);
        var events = new List<Event>(Math.Min(query.Limit, shelves.All.All.Count));
        LedgerEntry? last = null;
        while (Next() is { } entry)
        {
            if (events.Count == query.Limit)
                return new LedgerPage(events, new LedgerCursor(last!.Timestamp, last.Event.Id));
            events.Add(entry.Event);
            last = entry;
        }
        return new LedgerPage(events, null);
    }

    public LedgerPage Recent()
    {
        foreach (var (_, shelf) in shelves.Of(query)) Enqueue(RunWalk.FromLast(shelf.All));
        var events = new List<Event>();
        while (events.Count < query.Limit && Next() is { } entry && entry.Timestamp >= query.Since)
            events.Add(entry.Event);
        return new LedgerPage(events, null);
    }

    /// <summary>The newest of the slice, as a nara peer gives it.</summary>
    public LedgerPage Slice()
    {
        var (index, of) = query.Slice;
        List<Shelf> all = [.. shelves.Of(query).Select(s => s.Shelf)];
        if (all.Count == 1)
        {
            // Positions in one run are known without walking over what lies between.
            var events = new List<Event>();
            var walk = RunWalk.From(all[0].All, LedgerKey.Before(query.Since));
            var inSlice = walk.Left > index ? ((walk.Left - index - 1) / of) + 1 : 0;
            for (walk.Forward(index + (Math.Max(0, inSlice - query.Limit) * of)); walk.Current is { } entry;
                walk.Forward(of))
            {
                Steps++;
                events.Add(entry.Event);
            }
            return new LedgerPage(events, null);
        }
        Begin(LedgerKey.Before(query.Since));
        var newest = new Queue<Event>();
        for (var position = 0; Next() is { } entry; position++)
        {
            if (position % of != index) continue;
            if (newest.Count == query.Limit) newest.Dequeue();
            newest.Enqueue(entry.Event);
        }
        return new LedgerPage([.. newest], null);
    }

    private static LedgerKey Behind(LedgerCursor cursor)
    {
        // Of an older peer's cursor only the time is known: what shares it lies before it.
        if (cursor.Id is not { } id || id.Value == UInt128.MaxValue)
            return LedgerKey.Before(NextTime(cursor.Timestamp));
        return new LedgerKey(cursor.Timestamp, new EventId(id.Value + 1));
    }

    private static long NextTime(long timestamp) => timestamp == long.MaxValue ? timestamp : timestamp + 1;

    private static LedgerKey Later(LedgerKey one, LedgerKey other) => one.IsBefore(other) ? other : one;

    private void Begin(LedgerKey from)
    {
        foreach (var (_, shelf) in shelves.Of(query)) Enqueue(RunWalk.From(shelf.All, from));
    }

    // The next one in order; an event that stands on two shelves comes from both of them in a row.
    private LedgerEntry? Next()
    {
        if (!_walks.TryDequeue(out var walk, out var entry)) return null;
        Advance(walk);
        while (_walks.TryPeek(out _, out var same) && ReferenceEquals(same, entry)) Advance(_walks.Dequeue());
        return entry;
    }

    private void Advance(RunWalk walk)
    {
        if (query.Mode == LedgerMode.Recent) walk.Back();
        else walk.Forward(1);
        Enqueue(walk);
    }

    private void Enqueue(RunWalk walk)
    {
        if (walk.Current is not { } entry) return;
        Steps++;
        _walks.Enqueue(walk, entry);
    }
}
