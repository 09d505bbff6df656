using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>Real nodes under real trouble: set up, tormented, left alone until everything has settled, and
/// audited.</summary>
/// <param name="folder">Where the nodes live.</param>
/// <param name="seed">Of everything that is drawn.</param>
/// <param name="busy">How long things go wrong.</param>
/// <param name="say">Takes what is to be told on the way.</param>
/// <param name="over">What the nodes reach each other by.</param>
internal sealed class ChaosRun(
    string folder, int seed, TimeSpan busy, Action<string> say, Over over = Over.Mesh) : IAsyncDisposable
{
    private static readonly string[] Names = ["alpha", "beta", "gamma"];
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(30);

    private readonly Ledger _ledger = new();
    private readonly Saboteur _saboteur = new(seed);
    private readonly List<ChaosNode> _nodes = [];
    private readonly Ways _ways = new(over, folder, seed);
    private readonly SortedSet<string> _leftOut = new(StringComparer.Ordinal);
    private readonly List<string> _problems = [];
    private readonly List<Remains> _remains = [];
    private readonly Stopwatch _clock = new();

    public async Task<ChaosReport> RunAsync()
    {
        await SetUpAsync();
        _clock.Start();
        await ProblemAsync(TormentAsync());
        await ProblemAsync(SettleAsync());
        var audit = _remains.Count == 0 ? Audit.Of(_ledger.All()) : Audit.Of(_ledger.All(), _remains);
        foreach (var node in _nodes)
        {
            Sample(node);
            if (!node.Spared) continue;
            _problems.AddRange(Growth.Of(node.Samples, audit.Accepted).Select(g => $"{node.Name} grows: {g}"));
        }
        return new ChaosReport
        {
            Seed = seed, Over = over, Busy = busy, Took = _clock.Elapsed, Audit = audit,
            Refused = _nodes.Sum(n => n.Producers.Sum(p => p.Refused)),
            Faults = _saboteur.Done, LeftOut = [.. _leftOut],
            Vitals = [.. _nodes.Select(n => (n.Name + (n.Spared ? ", never restarted" : ""), n.Samples))],
            Problems = _problems,
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await _ways.DisposeAsync();
    }

    private async Task SetUpAsync()
    {
        foreach (var name in Names) await AddAsync(name);
        for (var a = 0; a < _nodes.Count; a++)
            for (var b = a + 1; b < _nodes.Count; b++)
                await _ways.IntroduceAsync(_nodes[a].Process, _nodes[b].Process);
        if (await SlowDisk.WhyNotAsync() is { } why) _leftOut.Add($"slow disk: {why}");
        foreach (var node in _nodes)
        {
            (node.Clock, var whyNot) = FakeClock.Under(node.Process);
            if (node.Clock is null) _leftOut.Add($"clock jump: {whyNot}");
            await node.Process.StartAsync();
        }
        foreach (var node in _nodes)
        {
            node.Consumer = new Consumer(_ledger, node.Process);
            node.Consumer.Start();
            node.Undertaker = new Undertaker(_ledger, node.Process);
            node.Undertaker.Start();
            foreach (var to in Names.Where(n => n != node.Name))
                node.Producers.Add(new Producer(_ledger, node.Process, to, lanes: 3)
                {
                    ModerateEvery = 3, LargeEvery = 10, Pace = TimeSpan.FromMilliseconds(200),
                });
            foreach (var producer in node.Producers) producer.Start();
        }
    }

    private async Task AddAsync(string name)
    {
        var spared = _nodes.Count == 0;
        var onMachine = name == Names[^1]; // one of them flushes to the real disk
        var (disk, why) = onMachine
            ? (null, "") : await SmallDisk.TryMountAsync(Path.Combine(folder, $"{name}-disk"), "48m");
        if (disk is null && !onMachine) _leftOut.Add($"full disk: {why}");
        var process = new NodeProcess(folder, name, disk) { LogFile = Path.Combine(folder, $"{name}.log") };
        // Short waits, so that moderate messages come to their ends.
        process.Configuration["delivery"]!["levels"] = new JsonObject
        {
            ["moderate"] = new JsonObject { ["persisted"] = false, ["retries"] = new JsonArray("500ms", "1s", "2s") },
        };
        // Small ones, so that a full disk is felt before those are full that were set aside.
        process.Configuration["plugins"]!["settings"]!["file-store"]!["segmentBytes"] = 1 << 16;
        await _ways.SetUpAsync(process);
        process.WriteConfiguration();
        _nodes.Add(new ChaosNode(process, disk, _ledger) { Spared = spared });
    }

    private async Task TormentAsync()
    {
        _saboteur.Start(_nodes, _ways, slowDisks: !_leftOut.Any(l => l.StartsWith("slow", StringComparison.Ordinal)));
        var broken = _saboteur.Broken;
        var nextSample = TimeSpan.Zero;
        var nextSay = SayEvery;
        while (_clock.Elapsed < busy && !broken.IsCompleted)
        {
            await Task.WhenAny(broken, Task.Delay(200));
            if (_clock.Elapsed >= nextSample)
            {
                foreach (var node in _nodes) Sample(node);
                nextSample = _clock.Elapsed + SampleEvery;
            }
            if (_clock.Elapsed < nextSay) continue;
            say(Progress());
            nextSay += SayEvery;
        }
        await _saboteur.StopAsync();
    }

    private async Task SettleAsync()
    {
        say("Faults are over; everything settles.");
        foreach (var node in _nodes.Where(n => !n.Process.Runs)) await node.Process.StartAsync();
        foreach (var producer in _nodes.SelectMany(n => n.Producers)) await ProblemAsync(producer.StopAsync());
        var waited = Stopwatch.StartNew();
        var audit = await AuditAsync();
        while (audit.Findings.Any(f => f.Fault is Fault.Lost or Fault.Stuck) && waited.Elapsed < SettlesWithin)
        {
            await Task.Delay(1000);
            audit = await AuditAsync();
        }
        foreach (var node in _nodes)
        {
            await ProblemAsync(node.Consumer!.StopAsync());
            await ProblemAsync(node.Undertaker!.StopAsync());
        }
        foreach (var node in _nodes)
        {
            var (came, went) = await node.ConservedAsync();
            if (came != went) _problems.Add($"{node.Name}: its metrics do not conserve: {came} came, {went} went");
        }
        await AuditAsync();
    }

    private async Task<Audit> AuditAsync()
    {
        _remains.Clear();
        foreach (var node in _nodes) _remains.Add(await node.RemainsAsync());
        return Audit.Of(_ledger.All(), _remains);
    }

    private async Task ProblemAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            _problems.Add(e is InvalidOperationException ? e.Message : e.ToString());
        }
    }

    private void Sample(ChaosNode node)
    {
        if (Vitals.Of(node.Process.ProcessId, _clock.Elapsed) is { } vitals) node.Samples.Add(vitals);
    }

    private string Progress()
    {
        var audit = Audit.Of(_ledger.All());
        var faults = _saboteur.Done.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Value} {d.Key}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_clock.Elapsed:hh\\:mm\\:ss} of {busy:hh\\:mm\\:ss}: {audit.Accepted} accepted, {audit.Seen} seen; ")
            + $"{string.Join(", ", faults)}; {_nodes[0].Name} {_nodes[0].Samples.LastOrDefault()}";
    }
}
