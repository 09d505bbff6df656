using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Identify;
using PluginNode.Libp2p.Noise;
using PluginNode.Libp2p.Ping;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Serves a stream that a peer opened. When it returns the stream is finished and left; when it throws it is
/// reset. Cancelled when the host ends.</summary>
public delegate Task StreamHandler(ProtocolStream stream, CancellationToken cancellation);

/// <summary>
/// A libp2p peer: listens and dials, has one connection for each peer and uses it both ways, and gives streams to
/// whoever registered their protocol. All members may be called from any thread.
/// <para>This part: its life, and what it offers.</para>
/// </summary>
public sealed partial class Libp2pHost : IAsyncDisposable
{
    private readonly HostOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Upgrader _upgrader;
    private readonly Dialer _dialer;
    private readonly ConnectionTable _connections;
    private readonly InboundGate _gate;
    private readonly IdentifyProtocol _identify;
    private readonly ConcurrentDictionary<string, StreamHandler> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Listener> _listeners = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly RunningTasks _tasks = new();
    private readonly UnreadRoom _unread;
    private readonly Lock _lifeGate = new();
    private readonly ITimer _timer;
    private bool _disposed;
    private (Predicate<string> Takes, StreamHandler Handler)? _others;

    public Libp2pHost(INoiseSigner identity, HostOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (Self, _options, _time, _logger) = (identity.Self, options, time, logger);
        _upgrader = new Upgrader(identity);
        _dialer = new Dialer(_upgrader, options, time);
        _gate = new InboundGate(options, time, peer => IsKnown?.Invoke(peer) == true);
        _unread = new UnreadRoom(options.MostUnread);
        _connections = new ConnectionTable(
            Self, options.MostPerPeer, time, (peer, up) => PeerChanged?.Invoke(peer, up));
        _identify = new IdentifyProtocol(Self, Describe);
        Handle(IdentifyProtocol.Identify, _identify.AnswerAsync);
        Handle(IdentifyProtocol.Push, IdentifyProtocol.TakeAsync);
        Handle(PingProtocol.Id, PingProtocol.AnswerAsync);
        _timer = time.CreateTimer(static host => ((Libp2pHost)host!).CloseIdle(), this, TickTime, TickTime);
    }

    /// <summary>This peer.</summary>
    public PeerId Self { get; }

    /// <summary>The connections that there are.</summary>
    public IReadOnlyList<Connection> Connections => _connections.All;

    /// <summary>What is listened on, with the ports that were given.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses => [.. _listeners.Select(l => l.Address)];

    /// <summary>What runs: for each listener and each connection one, for each stream that a peer opened one.</summary>
    internal int RunningTasks => _tasks.Count;

    /// <summary>Bytes of all connections that lie unread.</summary>
    internal long Unread => _unread.Used;

    /// <summary>Inbound connections, with those whose handshakes are under way.</summary>
    internal int PlacesTaken => _gate.Taken;

    /// <summary>Told of a peer's first connection (true) and of the end of its last (false): one after the other, in
    /// the order in which they came about, from any thread. It must return at once.</summary>
    public Action<PeerId, bool>? PeerChanged { get; set; }

    /// <summary>Who is to get in though <see cref="HostOptions.MostInbound"/> others are there: a stranger makes room.
    /// And who may stay as long as it has a stream, be it a ping's. Null, the default: nobody is known, and who comes
    /// first stays. Set it before the first connection; called from any thread, and must return at once.</summary>
    public Predicate<PeerId>? IsKnown { get; set; }

    /// <summary>Where else a peer may be: asked before each dial, and tried after the addresses that are given for it.
    /// Called from any thread; must return at once.</summary>
    public Func<PeerId, IReadOnlyList<Multiaddr>>? MoreAddresses { get; set; }

    /// <summary>Registers who serves a protocol, in the place of who did before.</summary>
    public void Handle(string protocol, StreamHandler handler) => _handlers[protocol] = handler;

    /// <summary>Registers who serves the protocols that nobody is registered for by name; identify does not tell of
    /// them. Call it once, before the first connection.</summary>
    /// <param name="takes">Whether it serves a protocol; called for each stream.</param>
    /// <param name="handler">Serves it.</param>
    public void HandleOthers(Predicate<string> takes, StreamHandler handler) => _others = (takes, handler);

    /// <summary>Begins to take connections.</summary>
    /// <returns>The address with the port that was given; port 0 asks for a free one.</returns>
    /// <exception cref="Libp2pException">It cannot be listened on; the message says why.</exception>
    public Multiaddr Listen(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (_lifeGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var listener = new Listener(address);
            _listeners.Add(listener);
            LogMessages.Listening(_logger, listener.Address.ToString());
            _tasks.Run(() => AcceptAsync(listener));
            return listener.Address;
        }
    }

    /// <summary>Ends listening; connections stay.</summary>
    public void StopListening()
    {
        foreach (var listener in _listeners) listener.Dispose();
    }

    /// <summary>Pings a peer by the protocol of that name.</summary>
    /// <exception cref="Libp2pException">It does not answer.</exception>
    public Task<TimeSpan> PingAsync(Connection connection, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return PingProtocol.AskAsync(connection, _time, cancellation);
    }

    /// <summary>Tells a peer what this one listens on and which protocols it has, after they have changed.</summary>
    /// <exception cref="Libp2pException">It does not take it.</exception>
    public Task PushIdentifyAsync(Connection connection, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _identify.TellAsync(connection, cancellation);
    }

    /// <summary>Ends listening and all connections, and waits until nothing of it runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lifeGate)
        {
            if (_disposed) return;
            _disposed = true;
        }
        await _timer.DisposeAsync();
        StopListening();
        await _stop.CancelAsync();
        await Task.WhenAll(_connections.All.Select(c => c.CloseAsync()));
        await _tasks.DrainAsync();
        _upgrader.Dispose();
        _stop.Dispose();
    }

    private StreamHandler? HandlerOf(string protocol) =>
        _handlers.TryGetValue(protocol, out var handler) ? handler
        : _others is { } others && others.Takes(protocol) ? others.Handler : null;

    private TimeSpan TickTime => _options.IdleTimeout / 4 < RetireTime ? _options.IdleTimeout / 4 : RetireTime;

    private IdentifyInfo Describe(Connection connection) => new()
    {
        ProtocolVersion = IdentifyProtocol.Version,
        Agent = _options.Agent,
        ListenAddresses = _options.Announce.Count > 0 ? _options.Announce : LocalAddresses.Of(ListenAddresses),
        ObservedAddress = connection.RemoteAddress with { Peer = null },
        Protocols = [.. _handlers.Keys.Order(StringComparer.Ordinal)],
    };
}
