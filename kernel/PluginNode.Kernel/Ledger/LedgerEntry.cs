using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>A verified event with what the ledger needs of it.</summary>
internal sealed class LedgerEntry(Event @event, EventReading reading, UInt128 attestation, EventBound[] bounds)
{
    public Event Event { get; } = @event;

    public long Timestamp { get; } = @event.Timestamp;

    /// <summary>By whom it is: who did it or, where the kind names nobody, who tells it.</summary>
    public string Actor { get; } = reading.Actor.Length > 0 ? reading.Actor : @event.Emitter;

    public string Target { get; } = reading.Target;

    public EventImportance Importance { get; } = reading.Importance;

    /// <summary>What its voters vouch for, whatever time and name it is told under; 0 for an event that its emitter
    /// signed.</summary>
    public UInt128 Attestation { get; } = attestation;

    /// <summary>The narrowest first.</summary>
    public EventBound[] Bounds { get; } = bounds;

    /// <summary>Where it lies in the store; null where it does not (yet). The ledger loop's.</summary>
    public StoredPage? Page { get; set; }

    /// <summary>Bytes of memory that it takes, roughly: most of what is not data is where it is found.</summary>
    public int Bytes { get; } = 700 + @event.Data.Length + @event.Signature.Length;

    /// <summary>Whether it is told by who did it.</summary>
    public bool IsFirstHand => Event.Emitter == Actor;

    /// <summary>An entry, with the bounds that its kind has for it.</summary>
    public static LedgerEntry Of(Event @event, in EventReading reading, UInt128 attestation, IEventKind kind) =>
        new(@event, reading, attestation, BoundsOf(@event, reading, kind));

    private static EventBound[] BoundsOf(Event @event, in EventReading reading, IEventKind kind)
    {
        if (kind is not IBoundedKind bounded) return [];
        try
        {
            return [.. bounded.BoundsOf(@event.Emitter, @event.Timestamp, reading)];
        }
        catch (Exception)
        {
            return []; // a fault of the plugin: the ledger's own bound holds all the same
        }
    }
}

/// <summary>The ledger's order: by timestamp, then by id.</summary>
/// <param name="Timestamp">In nanoseconds.</param>
/// <param name="Id">The id.</param>
internal readonly record struct LedgerKey(long Timestamp, EventId Id)
{
    /// <summary>Before everything at that time.</summary>
    public static LedgerKey Before(long timestamp) => new(timestamp, default);

    public static LedgerKey Of(LedgerEntry entry) => new(entry.Timestamp, entry.Event.Id);

    public bool IsBefore(LedgerKey other) =>
        Timestamp < other.Timestamp || (Timestamp == other.Timestamp && Id < other.Id);

    public static int Compare(LedgerEntry one, LedgerEntry other) => one.Timestamp != other.Timestamp
        ? one.Timestamp.CompareTo(other.Timestamp) : one.Event.Id.CompareTo(other.Event.Id);
}

/// <summary>The order in which events are forgotten: the least important first, among equals the oldest.</summary>
internal sealed class RankOrder : IComparer<LedgerEntry>
{
    public static RankOrder Instance { get; } = new();

    public int Compare(LedgerEntry? x, LedgerEntry? y) => x!.Importance != y!.Importance
        ? x.Importance.CompareTo(y.Importance) : LedgerKey.Compare(x, y);
}
