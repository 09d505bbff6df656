using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Discovery;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Raw;
using PluginNode.Libp2p.Requests;
using PluginNode.Transports;

namespace PluginNode.Libp2p;

/// <summary>Moves frames over libp2p between addresses <c>/ip4/…/tcp/…</c>, <c>/ip6/…</c>, <c>/dns4/…</c> and
/// <c>/dns6/…</c>, and messages of foreign protocols, and requests, on streams of their own. With each peer it has one
/// connection, which both ends use. The address <c>/p2p/</c> and a peer's id stands for wherever it has connected from
/// or was found by mDNS.</summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
public sealed class Libp2pTransport(Libp2pOptions options, Libp2pNode node)
    : ITransport, IPeerEvents, IRawStreams, IRequestTransport
{
    private const string NoAddress =
        "the address is not /ip4, /ip6, /dns4 or /dns6, /<host>/tcp/<port>, and perhaps /p2p/<id>, nor /p2p/ and the "
        + "peer's id alone";

    private readonly CallGate _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly RawProtocols _raw = new(options.RawProtocols);
    private Action<PeerId, bool> _changed = (_, _) => { };
    private Libp2pHost? _host;
    private FrameServer? _server;
    private FrameLinks? _links;
    private FrameSender? _sender;
    private RawServer? _rawServer;
    private RawSender? _rawSender;
    private RequestServer? _requestServer;
    private RequestSender? _requestSender;
    private Mdns? _mdns;

    /// <inheritdoc/>
    public string Scheme => "/";

    /// <inheritdoc/>
    public int MaxFrameBytes => options.MaxBatchBytes - BatchHead.Counted - sizeof(uint);

    /// <inheritdoc/>
    public RequestBounds Bounds => new(options.MaxRequestBytes, options.MaxAnswerBytes);

    /// <summary>Where peers reach it, with the ports that were taken and this node's id; empty while it does not
    /// listen. An address of all interfaces stands as it was set.</summary>
    public IReadOnlyList<string> BoundAddresses =>
        [.. (_host?.ListenAddresses ?? []).Select(a => (a with { Peer = node.Signer.Self }).ToString())];

    /// <summary>Its connections; none while it is not started.</summary>
    internal IReadOnlyList<Connection> Connections => _host?.Connections ?? [];

    /// <inheritdoc/>
    public void OnPeerChanged(Action<PeerId, bool> changed) => _changed = changed;

    /// <inheritdoc/>
    public async Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        var libp2p = new Libp2pHost(node.Signer, options.ToHostOptions(), node.Time, node.Logger)
        {
            IsKnown = IsListed,
            PeerChanged = (peer, up) =>
            {
                if (IsListed(peer)) _changed(peer, up);
            },
        };
        var server = new FrameServer(options, node, host);
        libp2p.Handle(FrameWire.Protocol, server.ServeAsync);
        var requestServer = new RequestServer(options, node, host);
        libp2p.Handle(RequestWire.Protocol, requestServer.ServeAsync);
        var rawServer = host is IRawStreamHost inbox ? new RawServer(options, node, host, inbox) : null;
        if (rawServer is not null)
        {
            foreach (var protocol in _raw.Named) libp2p.Handle(protocol, rawServer.ServeAsync);
            libp2p.HandleOthers(_raw.Has, rawServer.ServeAsync);
        }
        try
        {
            foreach (var address in options.ListenOn) libp2p.Listen(address);
        }
        catch (Libp2pException e)
        {
            await libp2p.DisposeAsync();
            throw new TransportException(
                $"plugins.settings.libp2p.listen: {e.Message} Free the port or change the setting.", e);
        }
        (_host, _server, _links) = (libp2p, server, new FrameLinks(libp2p, host, options, node.Time));
        _sender = new FrameSender(_links, options, node);
        (_rawServer, _rawSender) = (rawServer, new RawSender(libp2p, host, options, node.Time));
        (_requestServer, _requestSender) = (requestServer, new RequestSender(libp2p, host, options, node.Time));
        libp2p.MoreAddresses = MoreOf;
        if (options.Mdns) _mdns = Mdns.StartFor(libp2p, options, node);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        CallAsync(
            _sender, peer, address, (sender, there, stop) => sender.SendAsync(peer, there, frames, stop),
            reason => FrameWire.Retry(new SendOutcome[frames.Count], frames, 0, reason), cancellation);

    /// <inheritdoc/>
    public bool IsRaw(string protocol) => _raw.Has(protocol);

    /// <inheritdoc/>
    public Task<SendOutcome> SendRawAsync(
        PeerId peer, PeerAddress address, RawMessage message, CancellationToken cancellation) =>
        CallAsync(
            _rawSender, peer, address, (sender, there, stop) => sender.SendAsync(peer, there, message, stop),
            reason => new SendOutcome(message.Id, SendStatus.Retry, reason), cancellation);

    /// <inheritdoc/>
    public Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation) =>
        CallAsync(
            _requestSender, peer, address, (sender, there, stop) => sender.AskAsync(peer, there, request, stop),
            reason => RequestOutcome.None(RequestStatus.Failed, reason), cancellation);

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _gate.Close();
        _host?.StopListening();
        await Task.WhenAll(
            _server?.StopAsync(cancellation) ?? Task.CompletedTask,
            _rawServer?.StopAsync(cancellation) ?? Task.CompletedTask,
            _requestServer?.StopAsync(cancellation) ?? Task.CompletedTask);
        await _closing.CancelAsync();
        await _gate.Empty;
        if (_mdns is not null) await _mdns.DisposeAsync();
        if (_links is not null) await _links.DisposeAsync();
        if (_host is not null) await _host.DisposeAsync();
        (_host, _server, _links, _sender) = (null, null, null, null);
        (_rawServer, _rawSender) = (null, null);
        (_requestServer, _requestSender) = (null, null);
        _mdns = null;
    }

    /// <summary>Sends, unless the transport is stopped or the address is none; stopping waits for it.</summary>
    private async Task<TResult> CallAsync<TSender, TResult>(
        TSender? sender, PeerId peer, PeerAddress address,
        Func<TSender, IReadOnlyList<Multiaddr>, CancellationToken, Task<TResult>> send, Func<string, TResult> failed,
        CancellationToken cancellation)
        where TSender : class
    {
        if (sender is null || !_gate.TryEnter()) return failed("the transport is stopped");
        try
        {
            if (WhereToDial(peer, address) is not { } there) return failed(NoAddress);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            return await send(sender, there, either.Token);
        }
        finally
        {
            _gate.Leave();
        }
    }

    private bool IsListed(PeerId peer) => node.Peers.Find(peer) is not null;

    /// <summary>Null where it is no address; empty where the peer is reached over the connection that it makes, or
    /// where mDNS found it.</summary>
    private static IReadOnlyList<Multiaddr>? WhereToDial(PeerId peer, PeerAddress address) =>
        address.Text == $"/p2p/{peer}" ? []
        : Multiaddr.TryParse(address.Text, out var there) ? [there] : null;

    /// <summary>Where else a peer may be: the kernel names one address at a time, and a dial tries all.</summary>
    private IReadOnlyList<Multiaddr> MoreOf(PeerId peer) =>
    [
        .. (node.Peers.Find(peer)?.Addresses ?? []).Where(a => a.Scheme == Scheme)
            .Select(a => Multiaddr.TryParse(a.Text, out var there) ? there : null).OfType<Multiaddr>(),
        .. _mdns?.Of(peer) ?? [],
    ];
}
