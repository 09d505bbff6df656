using System.Collections.Concurrent;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>Does to nodes and wires what the seed draws, several things at once, and mends each of them.</summary>
internal sealed class Saboteur(int seed)
{
    private static readonly TimeSpan[] Jumps =
    [
        TimeSpan.FromMinutes(7), TimeSpan.FromHours(3), TimeSpan.FromDays(2), TimeSpan.FromDays(9),
        TimeSpan.FromDays(45),
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _done = new(StringComparer.Ordinal);
    private readonly List<Task> _running = [];
    private int _next = seed;

    /// <summary>Ends, with an exception, when something broke that must not.</summary>
    public Task Broken => Task.WhenAny(_running.Select(FaultOf)).Unwrap();

    /// <summary>How often what was done.</summary>
    public IReadOnlyDictionary<string, int> Done => _done;

    public void Start(IReadOnlyList<ChaosNode> nodes, Ways ways, bool slowDisks)
    {
        foreach (var (i, node) in nodes.Index())
        {
            Repeat(5, node.Spared ? [chance => PauseAsync(node, chance)] :
            [
                chance => KillAsync(node, chance), chance => KillAsync(node, chance),
                chance => StopAsync(node, chance), chance => PauseAsync(node, chance),
            ]);
            if (node.HasDisk) Repeat(8, chance => FillAsync(node, chance));
            if (slowDisks) Repeat(12, chance => SlowAsync(node, chance));
            // No two wrong clocks may agree: that would be a second opinion.
            if (node.Clock is { } clock) Repeat(8, chance => SetAsync(clock, TimeSpan.FromMinutes(17 * i), chance));
        }
        foreach (var wire in ways.Wires) Repeat(12, chance => SpoilAsync(wire, chance));
        if (ways.Broker is { } broker) Repeat(15, chance => KillAsync(broker, chance));
    }

    /// <summary>Everything is mended, and every node runs.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private void Repeat(double seconds, params Func<Random, Task>[] faults)
    {
        var chance = new Random(_next++);
        _running.Add(RepeatAsync());

        async Task RepeatAsync()
        {
            while (true)
            {
                await HoldAsync(chance, seconds);
                if (_stop.IsCancellationRequested) return;
                await faults[chance.Next(faults.Length)](chance);
            }
        }
    }

    private async Task KillAsync(ChaosNode node, Random chance)
    {
        Count("kill -9");
        await node.KillAsync();
        await HoldAsync(chance, 3);
        await node.Process.StartAsync();
    }

    private async Task KillAsync(Mosquitto broker, Random chance)
    {
        Count("kill -9 of the broker");
        await broker.KillAsync();
        await HoldAsync(chance, 3);
        await broker.StartAgainAsync();
    }

    private async Task StopAsync(ChaosNode node, Random chance)
    {
        Count("SIGTERM");
        await node.StopAsync();
        await HoldAsync(chance, 3);
        await node.Process.StartAsync();
    }

    private async Task PauseAsync(ChaosNode node, Random chance)
    {
        Count("SIGSTOP");
        await node.Process.SignalAsync("STOP");
        await HoldAsync(chance, 8);
        await node.Process.SignalAsync("CONT");
    }

    private async Task FillAsync(ChaosNode node, Random chance)
    {
        Count("full disk");
        await node.FillDiskAsync(true);
        await HoldAsync(chance, 8);
        await node.FillDiskAsync(false);
    }

    private async Task SlowAsync(ChaosNode node, Random chance)
    {
        Count("slow disk");
        await using (SlowDisk.Under(node.Process.ProcessId, TimeSpan.FromMilliseconds(chance.Next(20, 500))))
            await HoldAsync(chance, 8);
    }

    private async Task SetAsync(FakeClock clock, TimeSpan apart, Random chance)
    {
        Count("clock jump");
        var jump = Jumps[chance.Next(Jumps.Length)] + apart;
        clock.Set(chance.Next(2) == 0 ? jump : -jump);
        await HoldAsync(chance, 15);
        clock.Set(TimeSpan.Zero);
    }

    private async Task SpoilAsync(FaultyRelay wire, Random chance)
    {
        var kinds = Enum.GetValues<Wire>().Where(w => w != Wire.Sound).ToList();
        wire.Wire = kinds[chance.Next(kinds.Count)];
        Count($"wire {wire.Wire}".ToLowerInvariant());
        await HoldAsync(chance, 8);
        wire.Wire = Wire.Sound;
    }

    private void Count(string what) => _done.AddOrUpdate(what, 1, (_, n) => n + 1);

    private async Task HoldAsync(Random chance, double most)
    {
        var time = TimeSpan.FromSeconds(0.2 + (most * chance.NextDouble()));
        await Task.WhenAny(Task.Delay(time, _stop.Token));
    }

    private static async Task FaultOf(Task running)
    {
        await Task.WhenAny(running);
        if (!running.IsFaulted) await Task.Delay(Timeout.Infinite);
        await running;
    }
}
