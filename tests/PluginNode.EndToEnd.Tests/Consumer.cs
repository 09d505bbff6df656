using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>An application that receives and acknowledges, and keeps its own ledger: what it saw, when it entered the
/// inbox, and whether anything came back after it was acknowledged.</summary>
internal sealed class Consumer(NodeProcess node)
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, string> _receivedAt = new(StringComparer.Ordinal);
    private readonly HashSet<string> _acknowledged = new(StringComparer.Ordinal);
    private Task _running = Task.CompletedTask;

    /// <summary>Texts in the order in which they were first seen.</summary>
    public List<string> Seen { get; } = [];
    public List<string> Doubled { get; } = [];

    public void Start() => _running = RunAsync();

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    public int Count
    {
        get
        {
            lock (Seen) return Seen.Count;
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var page = await node.GetAsync("/v1/inbox?limit=200&wait=1s");
                var ids = new JsonArray();
                foreach (var message in page["messages"]!.AsArray()) ids.Add(Note(message!));
                if (ids.Count == 0) continue;
                var sent = ids.Select(i => i!.GetValue<string>()).ToList();
                await node.PostAsync("/v1/inbox/ack", new JsonObject { ["ids"] = ids });
                _acknowledged.UnionWith(sent);
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                await Task.Delay(10); // killed: it is asked again
            }
        }
    }

    private string Note(JsonNode message)
    {
        var (id, text) = (message["id"]!.GetValue<string>(), message["text"]!.GetValue<string>());
        var receivedAt = message["receivedAt"]!.GetValue<string>();
        lock (Seen)
        {
            if (_receivedAt.TryAdd(id, receivedAt)) Seen.Add(text);
            else if (_receivedAt[id] != receivedAt || _acknowledged.Contains(id)) Doubled.Add(text);
        }
        return id;
    }
}
