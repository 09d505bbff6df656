using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using PluginNode.FileStore;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Recovery;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Simulation.World;

/// <summary>A node that is started, crashed and started again; its medium and identity outlive its lives.</summary>
internal sealed partial class SimNode(Scheduler scheduler, SimNetwork network, Auditor auditor, Plan plan, int number)
    : INode
{
    private readonly NodeIdentity _identity = IdentityOf(number);

    public int Number { get; } = number;

    public string Name { get; } = $"node-{number}";

    public PeerId Id => _identity.Self;

    public SimMedium Medium { get; } = new();

    /// <summary>How wrong its wall clock is, from its next life on.</summary>
    public TimeSpan ClockError { get; set; }

    /// <summary>Its present life; null while it is down.</summary>
    public Life? Now { get; private set; }

    public NodeKernel? Kernel => Now?.Kernel;

    public int Lives { get; private set; }

    /// <summary>One life, from start to crash or stop.</summary>
    public sealed record Life(int Number, NodeContext Context, NodeKernel Kernel, Application Application);

    public static NodeIdentity IdentityOf(int number) =>
        NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)(number + 1), 32)]);

    public void Start(IReadOnlyList<Peer> peers)
    {
        var context = new NodeContext(scheduler, Name);
        var life = ++Lives;
        scheduler.Trace.Add(Name, $"starts, life {life}");
        scheduler.Begin(context, () => StartAsync(context, life, peers));
    }

    /// <summary>Ends at once: of what was not flushed the disk keeps what it pleases.</summary>
    public void Crash(bool powerCut)
    {
        if (Now is not { } life) return;
        scheduler.Trace.Add(Name, powerCut ? "loses power" : "is killed");
        End(life);
        if (powerCut) Medium.Crash(scheduler);
        else Medium.FlushAll();
    }

    /// <summary>Ends in order, as at SIGTERM.</summary>
    public void Stop(Action stopped)
    {
        if (Now is not { } life) return;
        Now = null;
        scheduler.Trace.Add(Name, "is stopped");
        scheduler.Begin(life.Context, async () =>
        {
            life.Application.Stop();
            using var grace = new CancellationTokenSource(
                TimeSpan.FromSeconds(10), new VirtualTime(scheduler, ClockError, life.Context));
            await life.Kernel.StopAsync(grace.Token);
            network.Leave(Id);
            await life.Kernel.DisposeAsync();
            life.Context.Kill();
            scheduler.Trace.Add(Name, "has stopped");
            stopped();
        });
    }

    private void End(Life life)
    {
        life.Context.Kill();
        network.Leave(Id);
        Now = null;
    }

    private async Task StartAsync(NodeContext context, int life, IReadOnlyList<Peer> peers)
    {
        var time = new VirtualTime(scheduler, ClockError, context);
        var log = new SimLog(scheduler, auditor, this);
        var disk = new SimDisk(scheduler, Medium, time, Name);
        var options = new FileStoreOptions
        {
            SegmentBytes = plan.Has(Trouble.Configuration) ? 1 << (14 + scheduler.Below(5)) : 1 << 16,
        };
        var chance = new SimChance((ulong)scheduler.Chance.NextDouble().GetHashCode(), time);
        NodeKernel kernel;
        try
        {
            kernel = await NodeKernel.OpenAsync(
                new KernelParts(
                    _identity, [], plan.Break.Store(new FileRecordStore(plan.Break.Disk(disk), options, log)),
                    new PeerBook(peers), time, chance, log)
                {
                    PluginFaulted = (_, what) => scheduler.Fail($"{Name}: its strategy is at fault: {what}"),
                },
                OptionsOf(), CancellationToken.None);
        }
        catch (StoreException e)
        {
            scheduler.Trace.Add(Name, $"cannot start: {e.Message}");
            auditor.StartFailed(this, e);
            context.Kill();
            scheduler.After(TimeSpan.FromSeconds(5), null, () => Start(peers));
            return;
        }
        foreach (var damage in kernel.StoreReport.Damage)
            scheduler.Trace.Add(Name, $"found {damage.What} at {damage.Where}");
        var transport = new SimTransport(network, context, Id);
        await transport.StartAsync(kernel.TransportHost, CancellationToken.None);
        kernel.Attach(plan.Break.Transport(transport));
        var application = new Application(scheduler, auditor, this, life, kernel, time, plan.Raw);
        Now = new Life(life, context, kernel, application);
        auditor.LifeBegan(this, kernel);
        application.Start(senders: 1 + scheduler.Below(3));
        if (plan.Sync) BeginSync(context, kernel, application);
    }

    private KernelOptions OptionsOf()
    {
        var options = plan.OptionsOf(scheduler);
        if (!plan.Sync) return options;
        return options with
        {
            Ledger = new LedgerOptions { Name = Name }, Sync = new SyncOptions { Background = Plan.Background },
        };
    }

    private void BeginSync(NodeContext context, NodeKernel kernel, Application application)
    {
        network.Serve(Id, context, kernel.Ledger);
        var sync = new SimSync(scheduler, network, context, Id);
        kernel.Attach((INeighbourDays)sync, "sim");
        kernel.Attach(plan.Break.Sync(sync), "sim");
        kernel.Recovery.Begin();
        application.StartRecording();
    }

    /// <summary>The kernel's own faults end the run.</summary>
    private sealed partial class SimLog(Scheduler scheduler, Auditor auditor, INode node) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var text = Ids().Replace(formatter(state, exception), m => auditor.NumberOf(Guid.Parse(m.Value)));
            scheduler.Trace.Add(node.Name, text);
            if (text.Contains("copied to quarantine", StringComparison.Ordinal)) auditor.ToldOfDamage(node);
            if (logLevel == LogLevel.Critical) throw new SimulationException($"{node.Name}: {text}");
        }

        public void Dispose()
        {
            // Nothing is held.
        }

        [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1000)]
        private static partial Regex Ids();
    }
}
