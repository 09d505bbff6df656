using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>Merges into a ledger in memory, judges events as the test says, and keeps what it was told.</summary>
internal sealed class ScriptedSession(SyncPlan plan, MemoryLedger ledger) : ISyncSession
{
    private readonly Lock _lock = new();

    public SyncPlan Plan => plan;

    public ConcurrentQueue<NeighbourCall> Calls { get; } = new();

    /// <summary>Events by who told them.</summary>
    public ConcurrentDictionary<string, int> Received { get; } = new(StringComparer.Ordinal);

    public int ReceivedInAll => Received.Values.Sum();

    public long Expected { get; private set; }

    /// <summary>What is wrong with an event; <see cref="EventVerdict.UnknownKey"/> makes it wait.</summary>
    public Func<JsonNode, EventVerdict> Judge { get; set; } =
        e => ((string?)e["social"]?["text"])?.Contains("altered", StringComparison.Ordinal) ?? false
            ? EventVerdict.WrongId : EventVerdict.Valid;

    /// <summary>Which ones a full ledger has no room for.</summary>
    public Func<JsonNode, bool> Prunes { get; set; } = _ => false;

    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public async Task<MergeReport> MergeAsync(
        Neighbour from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation)
    {
        Received.AddOrUpdate(from.Name, events.Count, (_, sum) => sum + events.Count);
        await Before();
        int merged = 0, duplicates = 0, pending = 0, pruned = 0;
        var rejected = new Dictionary<EventVerdict, int>();
        lock (_lock)
        {
            foreach (var bytes in events)
            {
                var json = Parse(bytes.Span);
                var verdict = json is null ? EventVerdict.Malformed : Judge(json);
                if (verdict == EventVerdict.UnknownKey) pending++;
                else if (verdict != EventVerdict.Valid)
                    rejected[verdict] = rejected.GetValueOrDefault(verdict) + 1;
                else if (ledger.Find(IdOf(json!)) is not null) duplicates++;
                else if (Prunes(json!)) pruned++;
                else
                {
                    ledger.Add(json!);
                    merged++;
                }
            }
        }
        return new MergeReport(events.Count, merged, duplicates, pending, pruned, 0, rejected);
    }

    public void Called(NeighbourCall call) => Calls.Enqueue(call);

    public void Expect(long events) => Expected = events;

    private static JsonObject? Parse(ReadOnlySpan<byte> json) =>
        JsonNode.Parse(json) is JsonObject o && o.ContainsKey("id") && o.ContainsKey("ts") ? o : null;

    private static EventId IdOf(JsonNode json) =>
        EventId.TryParse((string?)json["id"], out var id) ? id : throw new FormatException(json.ToJsonString());
}
