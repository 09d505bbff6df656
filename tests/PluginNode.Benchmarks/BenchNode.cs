using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Delivery;
using PluginNode.FileStore;
using PluginNode.Identity;
using PluginNode.MeshHttp;
using PluginNode.Peers;

namespace PluginNode.Benchmarks;

/// <summary>A kernel on the real file store, with mesh HTTP where it is to talk.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private readonly string _folder;
    private readonly NodeIdentity _identity;
    private MeshHttpTransport? _transport;

    private BenchNode(string folder, byte seed) => (_folder, _identity) = (folder, Of(seed));

    public NodeKernel Kernel { get; private set; } = null!;
    public string Address { get; private set; } = "";

    public static PeerId IdOf(byte seed)
    {
        using var identity = Of(seed);
        return identity.Self;
    }

    public static async Task<BenchNode> StartAsync(
        string folder, byte seed, byte peer, string? peerAddress, bool talks, int segment = 64 << 20)
    {
        var node = new BenchNode(Path.Combine(folder, Path.GetRandomFileName()), seed);
        List<PeerAddress> addresses = [];
        if (peerAddress is not null && PeerAddress.TryParse(peerAddress, out var address)) addresses.Add(address);
        var peers = new PeerBook([new Peer("peer", IdOf(peer), addresses)]);
        var chance = new SystemChance(TimeProvider.System);
        var store = new FileRecordStore(new FolderDisk(node._folder), new FileStoreOptions { SegmentBytes = segment }, NullLogger.Instance);
        node.Kernel = await NodeKernel.OpenAsync(
            new KernelParts(node._identity, [], store, peers, TimeProvider.System, chance, NullLoggerFactory.Instance),
            new KernelOptions { Protocols = new Dictionary<string, string> { ["/bench"] = "critical" } },
            CancellationToken.None);
        if (!talks) return node;
        node._transport = new MeshHttpTransport(
            new MeshHttpOptions { Listen = "http://127.0.0.1:0" },
            new MeshNode(new PluginSigner(node._identity), peers, TimeProvider.System, chance, NullLoggerFactory.Instance));
        await node._transport.StartAsync(node.Kernel.TransportHost, CancellationToken.None);
        node.Address = node._transport.BoundAddress!;
        node.Kernel.Attach(node._transport);
        return node;
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
