using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginNode.Events;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>A ledger that scans, and writes events as they came. A sample is what the test says.</summary>
internal sealed class MemoryLedger : ILedger, IEventWriter
{
    private static readonly JsonSerializerOptions AsGo =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();
    private readonly SortedDictionary<(long Time, EventId Id), (Event Event, byte[] Json)> _events = [];
    private readonly Dictionary<EventId, Event> _byId = [];

    /// <summary>Ids of every sample; null: the first ones.</summary>
    public IReadOnlyList<string>? SampleOf { get; set; }

    /// <summary>Services that only PluginNodes know.</summary>
    public HashSet<string> Own { get; } = new(StringComparer.Ordinal) { "app" };

    public int Count
    {
        get { lock (_lock) return _events.Count; }
    }

    /// <summary>Takes an event as it stands in a response.</summary>
    public void Add(JsonNode json)
    {
        var service = (string)json["svc"]!;
        Assert.That(EventId.TryParse((string)json["id"]!, out var id), Is.True);
        var e = new Event(
            id, (long)json["ts"]!, service, (string?)json["emitter"] ?? "", "", new byte[64],
            JsonSerializer.SerializeToUtf8Bytes(json[service.Replace('-', '_')]));
        var bytes = JsonSerializer.SerializeToUtf8Bytes(json, AsGo);
        lock (_lock)
        {
            _events[(e.Timestamp, id)] = (e, bytes);
            _byId[id] = e;
        }
    }

    /// <summary>One of a service with a payload of so many bytes, about.</summary>
    public void Add(long time, int number, string service = "social", int bytes = 20)
    {
        var data = JsonNode.Parse($$"""{"actor":"a{{number % 7}}","text":"{{new string('x', bytes)}}"}""")!;
        Add(new JsonObject
        {
            ["id"] = new EventId(new UInt128((ulong)time, (ulong)number * 0x9E3779B97F4A7C15)).ToString(),
            ["ts"] = time, ["svc"] = service, ["emitter"] = "em", [service] = data,
        });
    }

    public LedgerPage Read(LedgerQuery query)
    {
        Assert.That(query.Limit, Is.InRange(1, LedgerQuery.MostEvents));
        Assert.That(query.Slice.Index, Is.InRange(0, query.Slice.Of - 1));
        List<Event> held;
        lock (_lock) held = [.. _events.Values.Select(v => v.Event)];
        var all = held.Where(e => e.Timestamp >= query.Since
            && (query.Services.Count == 0 || query.Services.Contains(e.Service))
            && (query.Subjects.Count == 0 || query.Subjects.Any(s => Concerns(e, s)))).ToList();
        switch (query.Mode)
        {
            case LedgerMode.Recent:
                all.Reverse();
                return new LedgerPage([.. all.Take(query.Limit)], null);
            case LedgerMode.Sample:
                return new LedgerPage(
                    [.. all.Where(e => SampleOf?.Contains(e.Id.ToString()) ?? true).Take(query.Limit)], null);
            case LedgerMode.Slice:
                var slice = all.Where((_, i) => i % query.Slice.Of == query.Slice.Index).TakeLast(query.Limit);
                return new LedgerPage([.. slice], null);
            default:
                var rest = all.Where(e => query.After is not { } after || IsBehind(e, after)).ToList();
                var page = rest.Take(query.Limit).ToList();
                return new LedgerPage(
                    page, rest.Count > page.Count ? new LedgerCursor(page[^1].Timestamp, page[^1].Id) : null);
        }
    }

    public Event? Find(EventId id)
    {
        lock (_lock) return _byId.GetValueOrDefault(id);
    }

    /// <summary>Who is known by events, for a test of subjects.</summary>
    public List<string> Known { get; } = [];

    public IReadOnlyList<string> Subjects() => Known;

    public IReadOnlyList<LedgerDay> Days()
    {
        lock (_lock)
            return [.. _events.Keys
                .GroupBy(k => DateOnly.FromDateTime(DateTime.UnixEpoch.AddTicks(k.Time / 100)))
                .Select(g => new LedgerDay(
                    g.Key, g.Count(), g.Aggregate(UInt128.Zero, (sum, k) => sum ^ k.Id.Value)))];
    }

    public void Write(Event @event, IBufferWriter<byte> json)
    {
        lock (_lock) json.Write(_events[(@event.Timestamp, @event.Id)].Json);
    }

    public bool IsKnownOutside(string service) => !Own.Contains(service);

    private static bool IsBehind(Event e, LedgerCursor after) => e.Timestamp != after.Timestamp
        ? e.Timestamp > after.Timestamp
        : after.Id is { } id && e.Id > id;

    private static bool Concerns(Event e, string subject) => JsonNode.Parse(e.Data.Span)!.AsObject()
        .Any(m => m.Value is JsonValue v && v.TryGetValue<string>(out var text) && text == subject);
}
