using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Events;
using PluginNode.FileStore;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.MeshHttp;
using PluginNode.Peers;
using PluginNode.Plugins;
using PluginNode.Recovery;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.Benchmarks.Sync;

/// <summary>A node that syncs: kernel, file store, and mesh HTTP put together as a host does it.</summary>
internal sealed class SyncNode : IAsyncDisposable, IEventWriter
{
    private readonly string _folder;
    private readonly NodeIdentity _identity;
    private readonly EventCodec _codec;
    private readonly EventKinds _kinds;
    private ServiceProvider? _plugin;
    private MeshHttpTransport? _transport;

    private SyncNode(string folder, string name, byte seed)
    {
        (_folder, Name) = (folder, name);
        _identity = NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
        _kinds = NaraKinds.All();
        _codec = new EventCodec(_kinds);
    }

    public string Name { get; }

    public NodeKernel Kernel { get; private set; } = null!;

    public Peer Peer => new(
        Name, _identity.Self,
        PeerAddress.TryParse(_transport?.BoundAddress, out var address) ? [address] : []);

    /// <param name="folder">Where its data goes.</param>
    /// <param name="name">Its name.</param>
    /// <param name="seed">Of its key.</param>
    /// <param name="peers">Whom it knows, besides the emitters of the corpus.</param>
    /// <param name="profile">How much it remembers.</param>
    /// <param name="chain">The strategies; null: all.</param>
    public static async Task<SyncNode> StartAsync(
        string folder, string name, byte seed, IEnumerable<Peer> peers, MemoryProfile profile,
        IReadOnlyList<string>? chain = null)
    {
        var node = new SyncNode(Path.Combine(folder, Path.GetRandomFileName()), name, seed);
        var emitters = Enumerable.Range(0, EventCorpus.Emitters).Select(
            e => new Peer(EventCorpus.NameOf(e), EventCorpus.IdentityOf(e).Self, []));
        var book = new PeerBook([.. peers, .. emitters]);
        var chance = new SystemChance(TimeProvider.System);
        var store = new FileRecordStore(new FolderDisk(node._folder), new FileStoreOptions(), NullLogger.Instance);
        node.Kernel = await NodeKernel.OpenAsync(
            new KernelParts(node._identity, [], store, book, TimeProvider.System, chance, NullLoggerFactory.Instance)
            {
                Kinds = node._kinds, SignatureChecks = new ParallelSignatureChecks(),
            },
            new KernelOptions
            {
                Ledger = new LedgerOptions { Name = name, Profile = profile }, Sync = new SyncOptions { Chain = chain },
            },
            CancellationToken.None);
        node.StartPlugin(book, chance);
        await node._transport!.StartAsync(node.Kernel.TransportHost, CancellationToken.None);
        node.Kernel.Attach(node._transport);
        return node;
    }

    /// <summary>Puts events into the ledger, as if a neighbour had told them.</summary>
    public async Task HoldAsync(IEnumerable<Event> events)
    {
        foreach (var part in events.Chunk(5_000))
            await Kernel.Intake.MergeAsync("corpus", part, CancellationToken.None);
    }

    /// <summary>Recovers, and waits for the end of it.</summary>
    public async Task<RecoveryState> RecoverAsync()
    {
        Kernel.Recovery.Begin();
        for (;;)
        {
            var changed = Kernel.Recovery.Changed;
            if (Kernel.Recovery.State is { EndedAt: not null } state) return state;
            await changed;
        }
    }

    public void Write(Event @event, System.Buffers.IBufferWriter<byte> json) => _codec.Encode(@event, json);

    public bool IsKnownOutside(string service) => _kinds.Has(service);

    public async ValueTask DisposeAsync()
    {
        await Kernel.StopAsync(new CancellationToken(canceled: true));
        if (_transport is not null) await _transport.StopAsync(CancellationToken.None);
        if (_plugin is not null) await _plugin.DisposeAsync();
        await Kernel.DisposeAsync();
        _identity.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void StartPlugin(PeerBook peers, IChance chance)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ISigner>(new PluginSigner(_identity));
        services.AddSingleton<IPeerDirectory>(peers);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(chance);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(new NodeInfo(Name, IsReadOnly: false));
        services.AddSingleton(Kernel.Ledger);
        services.AddSingleton<IEventWriter>(this);
        services.AddSingleton(Kernel.EventKeys);
        services.AddSingleton<INaraSigner>(new NaraSigner(_identity, Name));
        new MeshHttpPlugin().Configure(
            new SomeBuilder(services, """{ "listen": "http://127.0.0.1:0", "syncCallsPerSecond": 100000 }"""));
        _plugin = services.BuildServiceProvider();
        _transport = (MeshHttpTransport)_plugin.GetRequiredService<ITransport>();
        foreach (var strategy in _plugin.GetServices<ISyncStrategy>()) Kernel.Attach(strategy, "mesh-http");
        foreach (var days in _plugin.GetServices<INeighbourDays>()) Kernel.Attach(days, "mesh-http");
    }
}
