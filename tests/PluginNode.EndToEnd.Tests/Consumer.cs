using System.Net;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>An application that receives and acknowledges, and writes down what it saw.</summary>
internal sealed class Consumer(Ledger ledger, NodeProcess node)
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Texts in the order in which they were first seen in the inboxes.</summary>
    public static List<string> Texts(Ledger ledger) =>
        [.. ledger.All().OfType<Saw>().DistinctBy(s => (s.By, s.Id)).Select(s => s.Text)];

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
                var noted = ids.Select(i => i!.GetValue<string>()).ToList();
                var (status, _) = await node.PostAsync("/v1/inbox/ack", new JsonObject { ["ids"] = ids });
                if (status != HttpStatusCode.OK) await Task.Delay(Again);
                else foreach (var id in noted) ledger.Add(new Acknowledged(node.Name, id));
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                await Task.Delay(Again); // killed: it is asked again
            }
        }
    }

    private string Note(JsonNode message)
    {
        var id = message["id"]!.GetValue<string>();
        var text = Ledger.Brief(message["text"]!.GetValue<string>());
        ledger.Add(new Saw(node.Name, id, text, message["cursor"]!.GetValue<long>()));
        return id;
    }
}
