using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>
/// An application that sends numbered messages in several lanes, one after the other in each, and sends again with the
/// same id whatever it got no answer for. Keeps its own ledger of what was promised.
/// </summary>
internal sealed class Producer(NodeProcess node, string to, int lanes)
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _promised = new();
    private readonly List<Task> _running = [];

    /// <summary>Text → nothing more is needed: <c>lane:number</c>.</summary>
    public IReadOnlyCollection<string> Promised => [.. _promised.Keys];

    public void Start()
    {
        for (var lane = 0; lane < lanes; lane++) _running.Add(RunAsync(lane));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private async Task RunAsync(int lane)
    {
        for (var number = 0; !_stop.IsCancellationRequested; number++)
        {
            var body = new JsonObject
            {
                ["to"] = to, ["protocol"] = "/test/critical", ["text"] = $"{lane}:{number}", ["key"] = $"lane-{lane}",
                ["id"] = Guid.CreateVersion7().ToString(),
            };
            while (!await TrySendAsync(body, $"{lane}:{number}") && !_stop.IsCancellationRequested) await Task.Delay(5);
        }
    }

    private async Task<bool> TrySendAsync(JsonObject body, string text)
    {
        try
        {
            var (status, answer) = await node.PostAsync("/v1/messages", body);
            if (status == HttpStatusCode.Accepted)
            {
                if (answer!["durability"]!.GetValue<string>() != "stable") throw new InvalidOperationException("not stable");
                _promised[text] = 1;
                return true;
            }
            if ((int)status < 500) throw new InvalidOperationException($"{status}: {answer}");
            return false;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return false; // killed in the middle: whether it was accepted is not known, so the same id goes again
        }
    }
}
