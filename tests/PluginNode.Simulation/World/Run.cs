using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Recovery;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;
using PluginNode.Transports;

namespace PluginNode.Simulation.World;

/// <summary>What came of a run.</summary>
/// <param name="Plan">What it was to do.</param>
/// <param name="Fault">What the auditor found; null: nothing.</param>
/// <param name="Hash">Of the trace.</param>
/// <param name="Steps">Continuations that ran.</param>
/// <param name="NodeTime">Virtual time, of all nodes together.</param>
/// <param name="Messages">Messages that were sent, and seen.</param>
/// <param name="Events">Events that were recorded.</param>
/// <param name="Last">The end of the trace.</param>
internal sealed record Result(
    Plan Plan, string? Fault, string Hash, long Steps, TimeSpan NodeTime, (int Sent, int Seen) Messages,
    int Events, IReadOnlyList<string> Last);

/// <summary>One seed: nodes, their applications, and everything that goes wrong.</summary>
internal sealed class Run
{
    private readonly Plan _plan;
    private readonly Scheduler _scheduler;
    private readonly SimNetwork _network;
    private readonly Auditor _auditor;
    private readonly List<SimNode> _nodes = [];
    private readonly List<Peer> _peers = [];
    private LyingLedger? _lies;
    private bool _settling;

    private Run(Plan plan)
    {
        _plan = plan;
        _scheduler = new Scheduler(plan.Seed) { Epoch = plan.Epoch };
        _network = new SimNetwork(_scheduler);
        _auditor = new Auditor(_scheduler, plan.Options);
        for (var i = 0; i < plan.Nodes; i++)
        {
            var node = new SimNode(_scheduler, _network, _auditor, plan, i);
            _nodes.Add(node);
            Know(node.Id, node.Name);
        }
        if (plan.Has(Trouble.Liars)) AddLiar();
        _network.Answering = (from, to, outcomes) => _scheduler.Trace.Add(
            _auditor.NameOf(from), $"tells {_auditor.NameOf(to)}: {string.Join(", ", outcomes.Select(
                o => $"{_auditor.NumberOf(o.Id)} {o.Status} {o.Reason}"))}");
        _network.Sending = (from, _, frames) => _auditor.Sending(_auditor.Addressees.IndexOf(from), frames);
        _network.SendingRaw = message => _auditor.SendingRaw(message.Payload);
    }

    public static Result Of(Plan plan)
    {
        var run = new Run(plan);
        string? fault = null;
        try
        {
            run.Go();
        }
        catch (Exception e)
        {
            fault = e is SimulationException ? e.Message : e.ToString();
        }
        var s = run._scheduler;
        s.End(); // what the collector finalizes later finds its context dead
        return new Result(
            plan, fault, s.Trace.Hash(), s.Steps, TimeSpan.FromTicks(s.Now) * plan.Nodes,
            (run._auditor.Messages, run._auditor.Seen), run._auditor.Ledgers.Count, [.. s.Trace.Last]);
    }

    private void Go()
    {
        foreach (var node in _nodes) Start(node);
        var end = _plan.Busy.Ticks;
        while (_scheduler.Now < end)
        {
            _scheduler.RunUntil(_scheduler.Now + _scheduler.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)).Ticks);
            MakeTrouble();
            Audit();
        }
        Settle();
    }

    private void Settle()
    {
        _settling = true;
        _scheduler.Trace.Add("world", "trouble ends");
        _network.Faults = new NetworkFaults();
        _network.HealAll();
        foreach (var node in _nodes)
        {
            node.Medium.Faults = new DiskFaults();
            if (node.Now is { } life) Quieten(life);
            else if (!_starting.Contains(node)) Start(node);
        }
        if (_lies is not null) _lies.Calm = true;
        _scheduler.RunUntil(_scheduler.Now + _plan.Settle.Ticks);
        foreach (var node in _nodes)
            if (node.Now is null) throw new SimulationException($"{node.Name} is still not up");
        foreach (var node in _nodes) _auditor.CheckImage(node, node.Medium.Images);
        Ask(() => _auditor.SettledAsync(_nodes));
        if (_plan.Sync) Converge();
    }

    /// <summary>Ledgers agree within the plan's bound, and every node says that it has recovered.</summary>
    private void Converge()
    {
        var began = _scheduler.Now;
        Until(() => _auditor.Ledgers.Difference(_nodes) is null, began + _plan.Agree.Ticks);
        _scheduler.Trace.Add("world", $"ledgers agree: {_auditor.Ledgers.Difference(_nodes) is null}");
        _auditor.CheckLedgers(_nodes);
        Until(
            () => _nodes.All(n => n.Kernel!.Recovery.State.Phase == RecoveryPhase.Recovered),
            began + _plan.Recover.Ticks);
        foreach (var node in _nodes) _auditor.Ledgers.CheckRecovered(node);
        Ask(async () =>
        {
            foreach (var node in _nodes) await _auditor.AuditAsync(node, node.Kernel!);
        });
    }

    private void Until(Func<bool> holds, long end)
    {
        while (!holds() && _scheduler.Now < end)
            _scheduler.RunUntil(_scheduler.Now + TimeSpan.FromMinutes(1).Ticks);
    }

    private void Quieten(SimNode.Life life)
    {
        life.Application.Quiet = true;
        foreach (var peer in life.Kernel.Peers.All.Where(p => p.Paused).ToList())
            _scheduler.Begin(life.Context, () => ResumeAsync(life, peer));
        _scheduler.Post(life.Context, life.Kernel.ConfirmClock); // the operator looks at it
    }

    private static async Task ResumeAsync(SimNode.Life life, Peer peer)
    {
        await life.Kernel.Peers.PauseAsync(peer.Name, false);
        life.Kernel.PeerChanged(peer.Id);
    }

    private readonly HashSet<SimNode> _starting = [];

    private void Start(SimNode node)
    {
        _starting.Add(node);
        node.Start([.. _peers.Where(p => p.Id != node.Id)]);
        _scheduler.After(TimeSpan.FromSeconds(1), null, () => Started(node));
    }

    private void Started(SimNode node)
    {
        if (node.Now is null)
        {
            _scheduler.After(TimeSpan.FromSeconds(1), null, () => Started(node));
            return;
        }
        _starting.Remove(node);
        if (_settling) Quieten(node.Now);
    }

    private void MakeTrouble()
    {
        var node = _nodes[_scheduler.Below(_nodes.Count)];
        var wait = _scheduler.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(3));
        if (Draw(Trouble.Crashes, 0.15)) Crash(node, powerCut: false, wait);
        else if (Draw(Trouble.PowerCuts, 0.15)) Crash(node, powerCut: true, wait);
        else if (Draw(Trouble.Stops, 0.1) && node.Now is not null)
        {
            _starting.Add(node);
            node.Stop(() => _scheduler.After(wait, null, () => Start(node)));
        }
        if (_plan.Has(Trouble.Network) && _scheduler.Happens(0.3)) _network.Faults = DrawNetwork();
        if (Draw(Trouble.Partitions, 0.2)) Cut(node, _nodes[_scheduler.Below(_nodes.Count)]);
        else if (_scheduler.Happens(0.3)) _network.HealAll();
        if (_plan.Has(Trouble.Disk) && _scheduler.Happens(0.3)) node.Medium.Faults = DrawDisk();
        if (_plan.Has(Trouble.DiskFull) && _scheduler.Happens(0.2))
            node.Medium.Faults = node.Medium.Faults with { Full = !node.Medium.Faults.Full };
    }

    private bool Draw(Trouble kind, double chance) => _plan.Has(kind) && _scheduler.Happens(chance);

    private void Crash(SimNode node, bool powerCut, TimeSpan wait)
    {
        if (node.Now is null) return;
        node.Crash(powerCut);
        if (Draw(Trouble.Clocks, 0.3)) node.ClockError = TimeSpan.FromMinutes((120 * _scheduler.Chance.NextDouble()) - 60);
        if (Draw(Trouble.BitFlips, 0.2) && node.Medium.FlipBit(_scheduler) is { } where)
        {
            _scheduler.Trace.Add(node.Name, $"a bit flips at {where}");
            _auditor.Flipped(node);
        }
        if (Draw(Trouble.LostDisks, 0.03))
        {
            _scheduler.Trace.Add(node.Name, "loses its disk");
            node.Medium.Erase();
            _auditor.LostDisk(node);
        }
        _starting.Add(node);
        _scheduler.After(wait, null, () => Start(node));
    }

    private void Cut(SimNode a, SimNode b)
    {
        _scheduler.Trace.Add("world", $"{a.Name} no longer reaches {b.Name}");
        _network.Cut(a.Id, b.Id);
        if (_scheduler.Happens(0.5)) _network.Cut(b.Id, a.Id);
    }

    private NetworkFaults DrawNetwork() => _scheduler.Happens(0.3) ? new NetworkFaults() : new NetworkFaults(
        Small(), Small(), Small(), Small(), Small());

    private DiskFaults DrawDisk() => _scheduler.Happens(0.3) ? new DiskFaults() : new DiskFaults(
        Small() / 4, Small() / 4, Small() / 10, Small());

    private double Small() => _scheduler.Happens(0.5) ? 0 : 0.3 * _scheduler.Chance.NextDouble();

    private void Audit()
    {
        foreach (var node in _nodes)
            if (node.Now is { } life)
                _scheduler.Begin(life.Context, () => _auditor.AuditAsync(node, life.Kernel));
        foreach (var node in _nodes) _auditor.CheckDisk(node, node.Medium.Bytes);
    }

    private void Ask(Func<Task> question)
    {
        var asked = Task.CompletedTask;
        _scheduler.Post(new NodeContext(_scheduler, "auditor"), () => asked = question());
        _scheduler.RunUntil(_scheduler.Now + TimeSpan.FromMinutes(1).Ticks);
        if (!asked.IsCompleted) throw new SimulationException("the nodes no longer answer");
        asked.GetAwaiter().GetResult();
    }

    private void Know(PeerId id, string name)
    {
        _peers.Add(new Peer(name, id, [new PeerAddress("sim", $"sim:{name}")]));
        _auditor.Addressees.Add(id);
        _auditor.Names.Add(id, name);
        _auditor.Ledgers.Know(name, id);
    }

    /// <summary>Something that speaks the protocol and says whatever comes to its mind.</summary>
    private void AddLiar()
    {
        using var identity = SimNode.IdentityOf(99);
        Know(identity.Self, "liar");
        _network.Liars[identity.Self] = frames => [.. frames.Where(_ => _scheduler.Happens(0.8)).Select(f => new SendOutcome(
            _scheduler.Happens(0.2) ? _scheduler.Chance.NewId() : f.Id, (SendStatus)_scheduler.Below(5),
            "a lie", _scheduler.Happens(0.2) ? TimeSpan.FromDays(_scheduler.Below(400)) : null))];
        if (!_plan.Sync) return;
        _lies = new LyingLedger(_scheduler, _auditor.Ledgers, SimNode.IdentityOf(99));
        _network.Serve(identity.Self, new NodeContext(_scheduler, "liar"), _lies);
    }
}
