using System.Diagnostics;
using System.Net;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>An operator who reads the dead letters of a node and purges them after a minute, so that they do not fill
/// its disk. Until then they have to stay where they are.</summary>
internal sealed class Undertaker(Ledger ledger, NodeProcess node)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Stopwatch> _found = new(StringComparer.Ordinal);
    private Task _running = Task.CompletedTask;

    public void Start() => _running = RunAsync();

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await LookAsync();
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                // Killed: the next round comes.
            }
            await Task.WhenAny(Task.Delay(Round, _stop.Token));
        }
    }

    private async Task LookAsync()
    {
        foreach (var letter in (await node.GetAsync("/v1/dead-letters?limit=500"))["deadLetters"]!.AsArray())
        {
            var id = letter!["id"]!.GetValue<string>();
            if (!_found.TryGetValue(id, out var since)) _found[id] = Stopwatch.StartNew();
            else if (since.Elapsed > Rest) await BuryAsync(id, letter["reason"]!.GetValue<string>());
        }
    }

    private async Task BuryAsync(string id, string reason)
    {
        ledger.Add(new Buried(node.Name, id, reason)); // whether the purge is answered or not
        using var response = await node.Api.DeleteAsync(node.Url($"/v1/dead-letters/{id}"));
        if ((int)response.StatusCode < 500 && response.StatusCode != HttpStatusCode.NoContent)
            throw new InvalidOperationException($"A dead letter of {node.Name} can't be purged: {response.StatusCode}");
    }
}
