using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Delivery;
using PluginNode.FileStore;
using PluginNode.Identity;
using PluginNode.MeshHttp;
using PluginNode.Mqtt;
using PluginNode.Peers;
using PluginNode.Transports;

namespace PluginNode.Benchmarks;

/// <summary>How fast a durable outbox was emptied.</summary>
/// <param name="PerSecond">Messages.</param>
/// <param name="Bytes">Bytes that all of this process has allocated for one.</param>
/// <param name="Cpu">Microseconds of all cores for one.</param>
internal sealed record Drain(double PerSecond, double Bytes, double Cpu);

/// <summary>A transport that is not started, and where peers reach it once it is.</summary>
internal sealed record BenchWay(ITransport Transport, Func<string> Address);

/// <summary>A kernel on the real file store, with a transport where it is to talk.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private readonly string _folder;
    private readonly NodeIdentity _identity;
    private ITransport? _transport;

    private BenchNode(string folder, byte seed) => (_folder, _identity) = (folder, Of(seed));

    public NodeKernel Kernel { get; private set; } = null!;
    public string Address { get; private set; } = "";

    public static PeerId IdOf(byte seed)
    {
        using var identity = Of(seed);
        return identity.Self;
    }

    /// <summary>Talks with mesh HTTP.</summary>
    public static BenchWay OverMesh(NodeIdentity identity, PeerBook peers)
    {
        var transport = new MeshHttpTransport(
            new MeshHttpOptions { Listen = "http://127.0.0.1:0" },
            new MeshNode(
                new PluginSigner(identity), peers, TimeProvider.System, new SystemChance(TimeProvider.System),
                NullLoggerFactory.Instance));
        return new BenchWay(transport, () => transport.BoundAddress!);
    }

    /// <summary>Talks through the broker on that port.</summary>
    public static Func<NodeIdentity, PeerBook, BenchWay> OverBroker(int port) => (identity, peers) =>
    {
        var transport = new MqttTransport(
            new MqttOptions { Broker = $"mqtt://127.0.0.1:{port}" }, "/",
            new MqttNode(
                new PluginSigner(identity), peers, TimeProvider.System, new SystemChance(TimeProvider.System),
                NullLoggerFactory.Instance));
        return new BenchWay(transport, () => transport.OwnAddress);
    };

    public static async Task<BenchNode> StartAsync(
        string folder, byte seed, byte peer, string? peerAddress, Func<NodeIdentity, PeerBook, BenchWay>? talk,
        int segment = 64 << 20)
    {
        var node = new BenchNode(Path.Combine(folder, Path.GetRandomFileName()), seed);
        List<PeerAddress> addresses = [];
        if (peerAddress is not null && PeerAddress.TryParse(peerAddress, out var address)) addresses.Add(address);
        var peers = new PeerBook([new Peer("peer", IdOf(peer), addresses)]);
        var chance = new SystemChance(TimeProvider.System);
        var store = new FileRecordStore(
            new FolderDisk(node._folder), new FileStoreOptions { SegmentBytes = segment }, NullLogger.Instance);
        node.Kernel = await NodeKernel.OpenAsync(
            new KernelParts(node._identity, [], store, peers, TimeProvider.System, chance, NullLoggerFactory.Instance),
            new KernelOptions { Protocols = new Dictionary<string, string> { ["/bench"] = "critical" } },
            CancellationToken.None);
        if (talk is null) return node;
        var way = talk(node._identity, peers);
        node._transport = way.Transport;
        await way.Transport.StartAsync(node.Kernel.TransportHost, CancellationToken.None);
        node.Address = way.Address();
        node.Kernel.Attach(way.Transport);
        return node;
    }

    /// <summary>Pauses the peer and fills its outbox.</summary>
    public async Task FillAsync(byte to, int bytes, int messages, int lanes)
    {
        await Kernel.Peers.PauseAsync("peer", true);
        await EnqueueAsync(to, 64, bytes, messages, lanes);
    }

    /// <summary>Empties the outbox of a peer that is paused.</summary>
    public async Task<Drain> DrainAsync(byte to, int messages)
    {
        var (allocated, cpu) = (GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Kernel.Peers.PauseAsync("peer", false);
        Kernel.PeerChanged(IdOf(to));
        while ((await Kernel.MetricsAsync()).Delivered < messages) await Task.Delay(1);
        return new Drain(
            messages / clock.Elapsed.TotalSeconds, (double)(GC.GetTotalAllocatedBytes() - allocated) / messages,
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / messages);
    }

    /// <summary>Sends from so many producers, each waiting for its answer; messages a second.</summary>
    public async Task<double> EnqueueAsync(byte to, int producers, int bytes, int messages, int lanes)
    {
        var payload = new byte[bytes];
        Random.Shared.NextBytes(payload);
        var peer = IdOf(to);
        var left = messages;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, producers).Select(p => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) is >= 0 and var number)
            {
                var reply = await Kernel.Outbox.SendAsync(
                    new SendRequest { To = peer, Protocol = "/bench", Payload = payload, Key = $"{number % lanes}" },
                    CancellationToken.None);
                if (reply.Verdict != SendVerdict.Accepted) throw new InvalidOperationException($"{reply}");
            }
        })));
        return messages / clock.Elapsed.TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        if (_transport is not null) await _transport.StopAsync(CancellationToken.None);
        await Kernel.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static NodeIdentity Of(byte seed) => NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
}
