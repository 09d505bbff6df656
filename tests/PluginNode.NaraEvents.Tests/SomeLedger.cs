using System.Security.Cryptography;
using System.Text;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Tests;

/// <summary>A ledger that holds what it is given, in short pages. What a kind would refuse is refused here.</summary>
internal sealed class SomeLedger : ILedger
{
    private const int PageEvents = 3;

    private readonly SortedList<(long Timestamp, EventId Id), Event> _events = [];

    public int Count => _events.Count;

    /// <summary>Called before each page is read.</summary>
    public Action<LedgerQuery> OnRead { get; set; } = _ => { };

    /// <param name="emitter">Null: who it is about, where it says so by itself.</param>
    public SomeLedger Add(long seconds, string service, string data, string? emitter = null)
    {
        var (reading, _) = Nara.Read(service, data);
        Assert.That(reading.IsValid, Is.True, reading.Problem);
        var byItself = reading.Actor == reading.Target ? reading.Actor : "other";
        return Add(Tell(seconds, service, data, emitter ?? byItself));
    }

    public SomeLedger Add(Event @event)
    {
        _events.Add((@event.Timestamp, @event.Id), @event);
        return this;
    }

    /// <summary>An event with an id of its own.</summary>
    public static Event Tell(long seconds, string service, string data, string emitter = "emitter") => new(
        EventId.FromHash(SHA256.HashData(Encoding.UTF8.GetBytes($"{seconds} {service} {data}"))),
        seconds * 1_000_000_000, service, emitter, "", [], Encoding.UTF8.GetBytes(data));

    public LedgerPage Read(LedgerQuery query)
    {
        OnRead(query);
        var rest = _events.Values.Where(e => query.Services.Contains(e.Service, StringComparer.Ordinal)
            && (query.After is not { } after || (e.Timestamp, e.Id).CompareTo((after.Timestamp, after.Id!.Value)) > 0));
        var page = rest.Take(PageEvents + 1).ToList();
        var more = page.Count > PageEvents;
        if (more) page.RemoveAt(PageEvents);
        return new LedgerPage(page, more ? new LedgerCursor(page[^1].Timestamp, page[^1].Id) : null);
    }

    public Event? Find(EventId id) => throw new NotSupportedException();

    public IReadOnlyList<string> Subjects() => throw new NotSupportedException();

    public IReadOnlyList<LedgerDay> Days() => throw new NotSupportedException();
}
