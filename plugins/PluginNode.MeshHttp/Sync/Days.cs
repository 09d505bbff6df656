using PluginNode.Events;

namespace PluginNode.MeshHttp.Sync;

/// <summary>Days (UTC) and the timestamps on them, in nanoseconds since 1970.</summary>
internal static class Days
{
    private const long Nanoseconds = 86_400_000_000_000;
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>The last day all of whose timestamps there are.</summary>
    public static DateOnly Last { get; } = DateOnly.FromDayNumber(Epoch + (int)(long.MaxValue / Nanoseconds) - 1);

    public static DateOnly First { get; } = DateOnly.FromDayNumber(Epoch);

    public static DateOnly Of(long timestamp) => DateOnly.FromDayNumber(Epoch + (int)(timestamp / Nanoseconds));

    public static long StartOf(DateOnly day) => (day.DayNumber - Epoch) * Nanoseconds;

    /// <summary>The first timestamp behind it.</summary>
    public static long EndOf(DateOnly day) => StartOf(day) + Nanoseconds;

    /// <summary>What to ask a first page with that begins at a timestamp; null where that is everything.</summary>
    public static LedgerCursor? Before(long timestamp) =>
        timestamp <= 0 ? null : new LedgerCursor(timestamp - 1, null);
}
