using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Fakes;

/// <summary>One end: the transport on a free port, with a real key and everything around it.</summary>
internal sealed class TransportNode : IAsyncDisposable
{
    public TransportNode(Libp2pOptions? options = null, TimeProvider? time = null, INoiseSigner? signer = null)
    {
        Signer = signer ?? TestIdentity.Fresh();
        Options = options ?? new Libp2pOptions { Listen = ["/ip4/127.0.0.1/tcp/0"] };
        Transport = new Libp2pTransport(
            Options,
            new Libp2pNode(
                Signer, Peers, time ?? TimeProvider.System, new SeededChance(BitConverter.ToInt32(Id.ToPublicKey())),
                new Logger<Libp2pTransport>(Logs)));
        Transport.OnPeerChanged((peer, up) => Changes.Enqueue((peer, up)));
    }

    /// <summary>Settings of a node that only dials.</summary>
    public static Libp2pOptions DialsOnly => new();

    public INoiseSigner Signer { get; }

    public Libp2pOptions Options { get; }

    public MemoryPeers Peers { get; } = new();

    public RecordingHost Host { get; } = new();

    public RecordingLogs Logs { get; } = new();

    public ConcurrentQueue<(PeerId Peer, bool Up)> Changes { get; } = new();

    public Libp2pTransport Transport { get; }

    public PeerId Id => Signer.Self;

    public PeerAddress Address => Parse(Transport.BoundAddresses[0]);

    public static PeerAddress Parse(string text) => PeerAddress.TryParse(text, out var address)
        ? address : throw new FormatException($"'{text}' is no address.");

    /// <summary>Two that run and know each other.</summary>
    public static async Task<(TransportNode A, TransportNode B)> PairAsync(
        Libp2pOptions? a = null, Libp2pOptions? b = null, TimeProvider? time = null)
    {
        var (one, other) = (new TransportNode(a, time), new TransportNode(b, time));
        one.Peers.Add(other.Id);
        other.Peers.Add(one.Id);
        return (await one.StartAsync(), await other.StartAsync());
    }

    public async Task<TransportNode> StartAsync()
    {
        await Transport.StartAsync(Host, CancellationToken.None).SoonAsync();
        return this;
    }

    public Task<IReadOnlyList<SendOutcome>> SendAsync(TransportNode to, params Frame[] frames) =>
        SendAsync(to.Id, to.Address, frames);

    public Task<IReadOnlyList<SendOutcome>> SendAsync(PeerId to, PeerAddress address, params Frame[] frames) =>
        Transport.SendAsync(to, address, frames, CancellationToken.None).SoonAsync();

    public async ValueTask DisposeAsync() =>
        await Transport.StopAsync(new CancellationToken(canceled: true)).SoonAsync();
}
