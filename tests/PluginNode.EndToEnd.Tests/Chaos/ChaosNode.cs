using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>One node of the rig, with what can be done to it, and the applications beside it.</summary>
/// <param name="process">The node.</param>
/// <param name="disk">Its small disk; null: its data lies on the machine's.</param>
/// <param name="ledger">Where it is written down what was done to it.</param>
internal sealed class ChaosNode(NodeProcess process, SmallDisk? disk, Ledger ledger) : IAsyncDisposable
{
    // A disk does not become full while the node writes down what it has in memory: then it could not keep that.
    private readonly SemaphoreSlim _stopping = new(1);
    private bool _full;

    public NodeProcess Process => process;
    public bool HasDisk => disk is not null;

    /// <summary>Null: it cannot be set.</summary>
    public FakeClock? Clock { get; set; }

    public string Name => process.Name;

    /// <summary>Never killed and never stopped: what it holds can be seen to grow.</summary>
    public bool Spared { get; init; }

    public List<Vitals> Samples { get; } = [];
    public List<Producer> Producers { get; } = [];
    public Consumer? Consumer { get; set; }
    public Undertaker? Undertaker { get; set; }

    public async Task KillAsync()
    {
        var id = process.ProcessId;
        await process.KillAsync();
        if (Clock is not null) FakeClock.Forget(id);
        ledger.Add(new Killed(Name));
    }

    /// <summary>SIGTERM.</summary>
    /// <exception cref="InvalidOperationException">It does not stop, or not in order.</exception>
    public async Task StopAsync()
    {
        await _stopping.WaitAsync();
        try
        {
            var id = process.ProcessId;
            var exit = await process.StopAsync();
            if (Clock is not null) FakeClock.Forget(id);
            ledger.Add(new Stopped(Name, _full));
            if (exit != 0 && !_full) throw new InvalidOperationException($"{Name} stopped with {exit}:\n{process.Log}");
        }
        finally
        {
            _stopping.Release();
        }
    }

    public async Task FillDiskAsync(bool full)
    {
        await _stopping.WaitAsync();
        try
        {
            if (full) disk!.Fill();
            else disk!.Free();
            _full = full;
        }
        finally
        {
            _stopping.Release();
        }
    }

    public async Task<Remains> RemainsAsync()
    {
        var waiting = await ListAsync("/v1/messages", "messages");
        var unread = (await process.GetAsync("/v1/inbox?limit=1000"))["messages"]!.AsArray();
        var dead = await ListAsync("/v1/dead-letters", "deadLetters");
        return new Remains(
            Name, waiting.Select(Id).ToHashSet(StringComparer.Ordinal),
            unread.Select(Id).ToHashSet(StringComparer.Ordinal),
            dead.ToDictionary(Id, d => d!["reason"]!.GetValue<string>(), StringComparer.Ordinal));
    }

    /// <summary>The sums of <c>/metrics</c> that have to be equal at every moment.</summary>
    public async Task<(long Came, long Went)> ConservedAsync()
    {
        using var response = await process.Api.GetAsync(process.Url("/metrics"));
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n').Where(l => !l.StartsWith('#'))
            .Select(l => l.Split(' ')).Where(p => p[0].StartsWith("pluginnode_messages_", StringComparison.Ordinal))
            .ToDictionary(p => p[0], p => long.Parse(p[1]), StringComparer.Ordinal);
        long Total(params string[] names) => names.Sum(n => lines[$"pluginnode_messages_{n}"]);
        return (
            Total("accepted_total", "restored_total", "replayed_total"),
            Total("delivered_total", "sent_total", "dead_total", "cancelled_total", "quarantined_total", "waiting"));
    }

    public async ValueTask DisposeAsync()
    {
        if (process.Runs) await KillAsync();
        await process.DisposeAsync();
        if (disk is not null) await disk.DisposeAsync();
        _stopping.Dispose();
    }

    private static string Id(JsonNode? message) => message!["id"]!.GetValue<string>();

    private async Task<List<JsonNode?>> ListAsync(string path, string name)
    {
        List<JsonNode?> all = [];
        for (long? after = 0; after is not null;)
        {
            var page = await process.GetAsync($"{path}?limit=1000&after={after}");
            all.AddRange(page[name]!.AsArray());
            after = page["next"]?.GetValue<long>();
        }
        return all;
    }
}
