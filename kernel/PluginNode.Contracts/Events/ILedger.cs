using System.Buffers;
using System.Globalization;

namespace PluginNode.Events;

/// <summary>
/// The node's verified events, to be read. Handed to plugins in their service container. Callable from any thread;
/// each call sees the ledger as it stands at one moment. No call scans or sorts the whole ledger.
/// </summary>
public interface ILedger
{
    /// <summary>How many events it holds.</summary>
    int Count { get; }

    /// <summary>Reads some events.</summary>
    /// <exception cref="ArgumentException">The query is out of its bounds.</exception>
    LedgerPage Read(LedgerQuery query);

    /// <summary>The event of that id; null where it is not (or no longer) here.</summary>
    Event? Find(EventId id);

    /// <summary>Everyone whom some event is by or about, in ordinal order.</summary>
    IReadOnlyList<string> Subjects();

    /// <summary>What it holds of each day (UTC, by the events' own timestamps), oldest first: for comparing two ledgers
    /// without sending them.</summary>
    IReadOnlyList<LedgerDay> Days();
}

/// <summary>Extra service beside <see cref="ILedger"/>: events as JSON, as the nara network has them on its wires, for
/// plugins that send them. Callable from any thread.</summary>
public interface IEventWriter
{
    /// <summary>Writes one event as a JSON object, without white space and without a line end.</summary>
    void Write(Event @event, IBufferWriter<byte> json);

    /// <summary>Whether programs other than PluginNode know this service: its kind comes from a plugin. Events of other
    /// services crash a nara peer, which finds no payload in them.</summary>
    bool IsKnownOutside(string service);
}

/// <summary>How events are picked.</summary>
public enum LedgerMode
{
    /// <summary>All, oldest first, from a cursor on.</summary>
    Page,

    /// <summary>The newest, newest first.</summary>
    Recent,

    /// <summary>A random part of all, recent and important ones more often; oldest first.</summary>
    Sample,

    /// <summary>One of several parts of equal size, oldest first: every <c>of</c>-th event, beginning with the
    /// <c>index</c>-th; where those are more than the limit, the newest of them.</summary>
    Slice,
}

/// <summary>Which events to read.</summary>
public sealed record LedgerQuery
{
    /// <summary>Most events of one answer.</summary>
    public const int MostEvents = 5000;

    /// <summary>How they are picked. Default: <see cref="LedgerMode.Page"/>.</summary>
    public LedgerMode Mode { get; init; }

    /// <summary>At most so many, 1 to <see cref="MostEvents"/>. Default: 100.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Only of these services; empty: of all.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Only events by or about one of these; empty: all. Names as in the events.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>Only events with a timestamp of at least this, in nanoseconds. Default: 0, all.</summary>
    public long Since { get; init; }

    /// <summary>For a page: the cursor that the page before it ended with.</summary>
    public LedgerCursor? After { get; init; }

    /// <summary>For a slice: which of how many, e.g. (0, 10). For others it means nothing.</summary>
    public (int Index, int Of) Slice { get; init; } = (0, 1);
}

/// <summary>A place between two events, in the order of timestamp and id: pages neither skip nor repeat events that
/// share a timestamp. An older peer's cursor is a bare timestamp: everything at that timestamp or before it lies before
/// it.</summary>
/// <param name="Timestamp">Of the last event before it, in nanoseconds.</param>
/// <param name="Id">Of that event; null where only its timestamp is known.</param>
public readonly record struct LedgerCursor(long Timestamp, EventId? Id)
{
    /// <summary><c>timestamp</c> or <c>timestamp:id</c>.</summary>
    public override string ToString() => Id is { } id
        ? string.Create(CultureInfo.InvariantCulture, $"{Timestamp}:{id}")
        : Timestamp.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the text of one; null for anything else.</summary>
    public static LedgerCursor? Parse(string? text)
    {
        var (digits, id) = text?.IndexOf(':', StringComparison.Ordinal) is { } at and >= 0
            ? (text[..at], text[(at + 1)..]) : (text, null);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var time)) return null;
        if (id is null) return new LedgerCursor(time, null);
        return EventId.TryParse(id, out var parsed) ? new LedgerCursor(time, parsed) : null;
    }
}

/// <summary>Some events.</summary>
/// <param name="Events">They.</param>
/// <param name="Next">For a page: where the next one begins; null where this was the last.</param>
public sealed record LedgerPage(IReadOnlyList<Event> Events, LedgerCursor? Next);

/// <summary>What a ledger holds of one day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Count">How many events.</param>
/// <param name="Fingerprint">The exclusive or of their ids: equal ledgers have the same.</param>
public readonly record struct LedgerDay(DateOnly Day, int Count, UInt128 Fingerprint);
