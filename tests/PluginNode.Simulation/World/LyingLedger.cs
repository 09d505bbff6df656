using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;

namespace PluginNode.Simulation.World;

/// <summary>A ledger that says whatever comes to its mind: true events of others, altered ones, its own to some and not
/// to others, and days that it does not hold.</summary>
internal sealed class LyingLedger(Scheduler scheduler, LedgerAuditor auditor, NodeIdentity identity) : ILedger
{
    private const string Name = "liar";

    private static readonly EventKinds Kinds = new();

    private readonly VirtualTime _time = new(scheduler, TimeSpan.Zero, null);

    /// <summary>Whether it makes nothing new any more and comes to an end; it still lies.</summary>
    public bool Calm { get; set; }

    /// <inheritdoc/>
    public int Count => scheduler.Below(1000);

    /// <inheritdoc/>
    public LedgerPage Read(LedgerQuery query)
    {
        var events = new List<Event>();
        for (var count = scheduler.Below(query.Limit); count > 0; count--)
            if (auditor.Some() is { } some) events.Add(Altered(some));
        if (!Calm && scheduler.Happens(0.2)) events.Add(OwnEvent());
        LedgerCursor? next = Calm || scheduler.Happens(0.7)
            ? null : new LedgerCursor(scheduler.Below(int.MaxValue), null);
        return new LedgerPage(events, next);
    }

    /// <inheritdoc/>
    public Event? Find(EventId id) => null;

    /// <inheritdoc/>
    public IReadOnlyList<string> Subjects() => [];

    /// <inheritdoc/>
    public IReadOnlyList<LedgerDay> Days() => [.. Enumerable.Range(0, scheduler.Below(4)).Select(_ => new LedgerDay(
        DateOnly.FromDateTime(scheduler.Epoch.Date).AddDays(scheduler.Below(3)), scheduler.Below(20),
        (UInt128)scheduler.Below(int.MaxValue)))];

    private Event OwnEvent() => Signed(auditor.NewFact(Name).Data, Name);

    /// <summary>Signed with its own key, under whatever name.</summary>
    private Event Signed(ReadOnlyMemory<byte> data, string emitter) =>
        new EventMaker(identity, emitter, Kinds, _time).Make(Fact.Service, data.Span).Event!;

    private Event Altered(Event e)
    {
        var other = auditor.Some() ?? e;
        var flipped = e.Signature.ToArray();
        flipped[scheduler.Below(flipped.Length)] ^= 1;
        // Calm it tells nothing that is true: what a lost disk took with it would come back long after the trouble.
        return scheduler.Below(Calm ? 5 : 9) switch
        {
            0 => new Event(e.Id, e.Timestamp + 1, e.Service, e.Emitter, "", e.Signature.Span, e.Data.Span),
            1 => new Event(e.Id, e.Timestamp, e.Service, e.Emitter, "", flipped, e.Data.Span),
            2 => new Event(e.Id, e.Timestamp, e.Service, "nobody", "", e.Signature.Span, e.Data.Span),
            3 => new Event(e.Id, e.Timestamp, e.Service, "", "", [], e.Data.Span),
            4 => Signed(e.Data, e.Emitter == Name ? "nobody" : e.Emitter), // with a time of its own
            5 => new Event(e.Id, e.Timestamp, e.Service, other.Emitter, "", e.Signature.Span, other.Data.Span),
            6 => new Event(e.Id, e.Timestamp, e.Service, e.Emitter, "", other.Signature.Span, e.Data.Span),
            7 => new Event(other.Id, e.Timestamp, e.Service, e.Emitter, "", e.Signature.Span, e.Data.Span),
            _ => e,
        };
    }
}
