using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>
/// Unsigned events, as nara's own observations are: what somebody is said to have said. They are kept apart from the
/// ledger, in memory alone, for the application to look at; nobody else is told of them, they count for nothing, and
/// the signed event of the same id is merged as if they were not there. When there is no room the oldest leave.
/// Callable from any thread.
/// </summary>
public sealed class Hearsay
{
    /// <summary>Most events.</summary>
    public const int MostEvents = 5_000;

    /// <summary>Most bytes of memory for them, roughly.</summary>
    public const long MostBytes = 16 << 20;

    private readonly LedgerIndex _ledger;
    private readonly Lock _lock = new();
    private readonly SortedSet<LedgerEntry> _events = new(Comparer<LedgerEntry>.Create(LedgerKey.Compare));
    private long _bytes;

    internal Hearsay(LedgerIndex ledger) => _ledger = ledger;

    /// <summary>Reads a page (oldest first) or the newest; what the ledger holds by now is left out.</summary>
    /// <exception cref="ArgumentException">The query is for something else, or out of its bounds.</exception>
    public LedgerPage Read(LedgerQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Mode is not (LedgerMode.Page or LedgerMode.Recent))
            throw new ArgumentException($"Hearsay has no mode {query.Mode}.", nameof(query));
        if (query.Limit is < 1 or > LedgerQuery.MostEvents)
            throw new ArgumentException($"A limit is 1 to {LedgerQuery.MostEvents}, not {query.Limit}.", nameof(query));
        List<Event> found;
        lock (_lock)
        {
            var order = query.Mode == LedgerMode.Recent ? _events.Reverse() : _events;
            found = [.. order.Where(e => Matches(e, query)).Take(query.Limit + 1).Select(e => e.Event)];
        }
        if (found.Count <= query.Limit) return new LedgerPage(found, null);
        found.RemoveAt(query.Limit);
        return new LedgerPage(
            found, query.Mode == LedgerMode.Page ? new LedgerCursor(found[^1].Timestamp, found[^1].Id) : null);
    }

    /// <summary>Keeps one whose content is valid.</summary>
    internal void Add(LedgerEntry entry)
    {
        lock (_lock)
        {
            if (!_events.Add(entry)) return;
            _bytes += entry.Bytes;
            while (_events.Count > MostEvents || _bytes > MostBytes)
            {
                var oldest = _events.Min!;
                _bytes -= oldest.Bytes;
                _events.Remove(oldest);
            }
        }
    }

    private bool Matches(LedgerEntry e, LedgerQuery query) => e.Timestamp >= query.Since
        && (query.After is not { } after || query.Mode != LedgerMode.Page || IsBehind(e, after))
        && (query.Services.Count == 0 || query.Services.Contains(e.Event.Service))
        && (query.Subjects.Count == 0 || query.Subjects.Contains(e.Actor) || query.Subjects.Contains(e.Target))
        && _ledger.Find(e.Event.Id) is null;

    private static bool IsBehind(LedgerEntry e, LedgerCursor after) => e.Timestamp != after.Timestamp
        ? e.Timestamp > after.Timestamp
        : after.Id is { } id && e.Event.Id > id;
}
