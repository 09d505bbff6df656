using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>How many events there are of each day, and the exclusive or of their ids. Owned by who holds the index's
/// lock.</summary>
internal sealed class LedgerDays
{
    /// <summary>The last day that a timestamp can lie on, counted from 1970.</summary>
    public const long LastDay = long.MaxValue / Nanoseconds;

    private const long Nanoseconds = 86_400_000_000_000;

    private readonly SortedDictionary<long, (int Count, UInt128 Fingerprint)> _days = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<LedgerDay> All =>
        [.. _days.Select(d => new LedgerDay(Of(d.Key), d.Value.Count, d.Value.Fingerprint))];

    /// <summary>The day of a timestamp in nanoseconds, counted from 1970.</summary>
    public static long DayOf(long timestamp) => timestamp / Nanoseconds;

    /// <summary>The first nanosecond of a day up to <see cref="LastDay"/>.</summary>
    public static long StartOf(long day) => day * Nanoseconds;

    public void Add(LedgerEntry entry) => Change(entry, 1);

    public void Remove(LedgerEntry entry) => Change(entry, -1);

    private static DateOnly Of(long day) => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays((int)day);

    private void Change(LedgerEntry entry, int by)
    {
        var day = DayOf(entry.Timestamp);
        var (count, fingerprint) = _days.GetValueOrDefault(day);
        if (count + by == 0) _days.Remove(day);
        else _days[day] = (count + by, fingerprint ^ entry.Event.Id.Value);
    }
}
