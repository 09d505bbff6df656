using System.Buffers;
using System.Collections.Concurrent;
using PluginNode.Benchmarks.Sync;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Peers;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>A node with a real kernel and the nara network's event kinds, and this plugin at a broker.</summary>
internal sealed class KernelNode : ILedgerWriter, IEventWriter, IAsyncDisposable
{
    private readonly NodeIdentity _identity;
    private readonly EventCodec _codec;
    private readonly TimeProvider _time;

    private KernelNode(string name, byte seed, TimeProvider time)
    {
        (Name, _time, _identity) = (name, time, IdentityOf(seed));
        _codec = new EventCodec(Kinds);
    }

    public string Name { get; }

    public PeerId Id => _identity.Self;

    public EventKinds Kinds { get; } = NaraKinds.All();

    public NodeKernel Kernel { get; private set; } = null!;

    public MqttTransport Transport { get; private set; } = null!;

    public RecordingLogs Logs { get; } = new();

    /// <summary>What was told of peers.</summary>
    public Gathered<(PeerId Peer, bool Up)> Changes { get; } = new();

    public static NodeIdentity IdentityOf(byte seed) =>
        NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);

    /// <param name="port">The broker's.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="seed">Of its key.</param>
    /// <param name="options">How.</param>
    /// <param name="peers">Whom it knows.</param>
    public static async Task<KernelNode> StartAsync(
        int port, string name, byte seed, KernelNodeOptions? options = null, params Peer[] peers)
    {
        options ??= new KernelNodeOptions();
        var node = new KernelNode(name, seed, options.Time);
        var (book, chance) = (new PeerBook(peers), new FixedChance(0));
        node.Kernel = await NodeKernel.OpenAsync(
            new KernelParts(
                node._identity, [], new MemoryRecordStore(new MemoryMedium()), book, node._time, chance, node.Logs)
            {
                Kinds = node.Kinds,
            },
            new KernelOptions { Ledger = new LedgerOptions { Name = name, LearnsKeys = options.LearnsKeys } },
            CancellationToken.None);
        node.Transport = new MqttTransport(
            BrokerNode.OptionsFor(port), Path.GetTempPath(),
            new MqttNode(new PluginSigner(node._identity), book, node._time, chance, node.Logs)
            {
                Plaza = new PlazaParts(node, node, node.Kernel.EventKeys)
                {
                    Announces = options.Announces ? name : null,
                },
            },
            new LedgerParts(node.Kernel.Ledger, node, name, node.Kernel.EventKeys));
        node.Transport.OnPeerChanged((peer, up) => node.Changes.Add((peer, up)));
        await options.Before(node);
        await Patience.ForAsync(node.Transport.StartAsync(node.Kernel.TransportHost, CancellationToken.None));
        return node;
    }

    /// <summary>The presence events that it holds, oldest first: who, and whether up.</summary>
    public IReadOnlyList<(string Who, bool IsUp)> Presence => [.. Kernel.Ledger
        .Read(new LedgerQuery { Services = ["hey-there", "chau"], Limit = LedgerQuery.MostEvents }).Events
        .Select(e => (e.Emitter, e.Service == "hey-there"))];

    /// <summary>What came of all that the plugin handed in.</summary>
    public ConcurrentQueue<MergeReport> Merged { get; } = new();

    /// <summary>Waits until it holds this.</summary>
    public Task HoldsAsync(string who, bool isUp) => Patience.UntilAsync(
        () => Presence.Contains((who, isUp)), () => $"{Name} holds {string.Join(", ", Presence)}");

    /// <summary>Ends it as the host does, with grace.</summary>
    public async Task StopAsync()
    {
        await Patience.ForAsync(Kernel.StopAsync(CancellationToken.None));
        await Patience.ForAsync(Transport.StopAsync(CancellationToken.None));
    }

    public Task<RecordedEvent> RecordAsync(string service, ReadOnlyMemory<byte> data) =>
        Kernel.Events.RecordAsync(service, data);

    public async Task<MergeReport> MergeAsync(
        string from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation)
    {
        var report = await Kernel.Intake.MergeAsync(from, events, cancellation);
        Merged.Enqueue(report);
        return report;
    }

    public void Write(Event @event, IBufferWriter<byte> json) => _codec.Encode(@event, json);

    public bool IsKnownOutside(string service) => Kinds.Has(service);

    public async ValueTask DisposeAsync()
    {
        await Patience.ForAsync(Transport.StopAsync(new CancellationToken(canceled: true)));
        await Kernel.DisposeAsync();
        _identity.Dispose();
    }
}

/// <summary>How a <see cref="KernelNode"/> is made.</summary>
internal sealed record KernelNodeOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public bool Announces { get; init; } = true;

    public bool LearnsKeys { get; init; } = true;

    /// <summary>Done before the transport starts.</summary>
    public Func<KernelNode, Task> Before { get; init; } = _ => Task.CompletedTask;
}
