using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests;

/// <summary>
/// An application that sends numbered messages in several lanes, one after the other in each, and sends again with the
/// same id whatever it got no answer for. Writes down what it did.
/// </summary>
internal sealed class Producer(Ledger ledger, NodeProcess node, string to, int lanes)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private int _refused;

    /// <summary>Every so manieth is moderate; 0: none.</summary>
    public int ModerateEvery { get; init; }

    /// <summary>Every so manieth is of 16 KiB; 0: none.</summary>
    public int LargeEvery { get; init; }

    /// <summary>Between one and the next in a lane.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>How often it was told that there is no room.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public void Start()
    {
        for (var lane = 0; lane < lanes; lane++) _running.Add(RunAsync($"lane-{lane}"));
    }

    /// <summary>Sends nothing new, and ends when the last one of each lane is accepted: the node has to run.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private async Task RunAsync(string key)
    {
        for (var number = 1; !_stop.IsCancellationRequested; number++)
        {
            var stable = ModerateEvery == 0 || number % ModerateEvery != 0;
            var text = $"{key}:{number}";
            if (LargeEvery > 0 && number % LargeEvery == 0) text += new string('x', 1 << 14);
            var id = Guid.CreateVersion7().ToString();
            var body = new JsonObject
            {
                ["to"] = to, ["protocol"] = stable ? "/test/critical" : "/test/moderate", ["text"] = text,
                ["key"] = key, ["id"] = id, ["ttl"] = "1d", // never reached, whatever is done to the clock
            };
            ledger.Add(new Sent(id, node.Name, to, key, number, Ledger.Brief(text), stable));
            for (var stopping = new Stopwatch(); !await TrySendAsync(body, stable); await Task.Delay(Pace + Again))
            {
                if (!_stop.IsCancellationRequested) continue;
                stopping.Start();
                if (stopping.Elapsed > Patience)
                    throw new InvalidOperationException($"{node.Name} accepts nothing any more:\n{node.Log}");
            }
            ledger.Add(new Accepted(id));
            await Task.Delay(Pace);
        }
    }

    private async Task<bool> TrySendAsync(JsonObject body, bool stable)
    {
        try
        {
            var (status, answer) = await node.PostAsync("/v1/messages", body);
            if (status == HttpStatusCode.InsufficientStorage) Interlocked.Increment(ref _refused);
            if ((int)status >= 500) return false;
            if (status != HttpStatusCode.Accepted) throw new InvalidOperationException($"{status}: {answer}");
            if (stable && answer!["durability"]!.GetValue<string>() != "stable")
                throw new InvalidOperationException("A critical message was accepted into memory.");
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return false; // killed in the middle: whether it was accepted is not known, so the same id goes again
        }
    }
}
