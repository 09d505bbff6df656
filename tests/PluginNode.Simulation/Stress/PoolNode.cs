using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.FileStore;
using PluginNode.Identity;
using PluginNode.Peers;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.World;

namespace PluginNode.Simulation.Stress;

/// <summary>A node on the thread pool, with a real folder, that is stopped and started again.</summary>
internal sealed class PoolNode(
    StageThread stage, MemoryNetwork network, Auditor auditor, FastTime time, string folder, int number) : INode
{
    private readonly NodeIdentity _identity = SimNode.IdentityOf(number);
    private const int Senders = 10;

    private MemoryTransport? _transport;
    private Application? _application;

    public int Number => number;

    public string Name => $"node-{number}";

    public PeerId Id => _identity.Self;

    public int Lives { get; private set; }

    public NodeKernel? Kernel { get; private set; }

    public async Task StartAsync(IReadOnlyList<Peer> peers, KernelOptions options)
    {
        Lives++;
        var log = new StageLog(stage);
        var book = new PeerBook(peers.Where(p => p.Id != Id).ToList());
        var chance = new SystemChance(time);
        _transport = network.Create(Id, book);
        var kernel = await Task.Run(() => NodeKernel.OpenAsync(
            new KernelParts(
                _identity, [], new FileRecordStore(
                    new FolderDisk(Path.Combine(folder, Name)), new FileStoreOptions { SegmentBytes = 1 << 16 }, log),
                book, time, chance, log),
            options, CancellationToken.None));
        await Task.Run(() => _transport.StartAsync(kernel.TransportHost, CancellationToken.None));
        kernel.Attach(_transport);
        Kernel = kernel;
        auditor.LifeBegan(this, kernel);
        _application = new Application(stage, auditor, this, Lives, kernel, time);
        _application.Start(Senders);
    }

    public async Task StopAsync()
    {
        if (Kernel is not { } kernel) return;
        Kernel = null;
        _application!.Stop();
        using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
        await Task.Run(() => kernel.StopAsync(grace.Token));
        await Task.Run(() => _transport!.StopAsync(CancellationToken.None));
        await Task.Run(async () => await kernel.DisposeAsync());
    }

    public async Task QuietenAsync()
    {
        _application!.Quiet = true;
        foreach (var peer in Kernel!.Peers.All.Where(p => p.Paused).ToList())
        {
            await Kernel.Peers.PauseAsync(peer.Name, false);
            Kernel.PeerChanged(peer.Id);
        }
    }

    /// <summary>The kernel's own faults end the run.</summary>
    private sealed class StageLog(StageThread stage) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var text = formatter(state, exception);
            if (IsEnabled(logLevel)) stage.Post(_ => stage.Fail(text), null);
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
