using PluginNode.Events;
using PluginNode.Ledger;

namespace PluginNode.Recovery;

/// <summary>What a neighbour that is read from the middle of a day on told of that day. Callable from any
/// thread.</summary>
/// <param name="since">From when on it is read, in nanoseconds since 1970.</param>
internal sealed class ToldDay(long since)
{
    private const int Most = 400_000; // more than any ledger holds: beyond it nothing can be said

    private readonly Lock _lock = new();
    private readonly HashSet<EventId> _ids = [];
    private UInt128 _fingerprint;

    /// <summary>Takes note of one event, whatever comes of it.</summary>
    public void Add(Event @event)
    {
        if (@event.Timestamp < since || LedgerDays.DayOf(@event.Timestamp) != LedgerDays.DayOf(since)) return;
        lock (_lock)
            if (_ids.Count < Most && _ids.Add(@event.Id)) _fingerprint ^= @event.Id.Value;
    }

    /// <summary>Whether what the neighbour says to hold of that day is what it told and, before that, what is held
    /// here.</summary>
    /// <param name="claim">What it says.</param>
    /// <param name="ledger">What is held here.</param>
    public bool IsRestIn(LedgerDay claim, ILedger ledger)
    {
        int count;
        UInt128 fingerprint;
        lock (_lock) (count, fingerprint) = (claim.Count - _ids.Count, claim.Fingerprint ^ _fingerprint);
        var query = new LedgerQuery
        {
            Limit = LedgerQuery.MostEvents, Since = LedgerDays.StartOf(LedgerDays.DayOf(since)),
        };
        for (var more = true; more;)
        {
            var page = ledger.Read(query);
            foreach (var older in page.Events.TakeWhile(e => e.Timestamp < since))
                (count, fingerprint) = (count - 1, fingerprint ^ older.Id.Value);
            query = query with { After = page.Next };
            more = count > 0 && page.Next is { } next && next.Timestamp < since;
        }
        return (count, fingerprint) == (0, UInt128.Zero);
    }
}
