using System.Net;
using System.Net.Sockets;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Identify;
using PluginNode.Libp2p.Negotiation;
using PluginNode.Libp2p.Noise;
using PluginNode.Libp2p.Ping;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hosting;

/// <summary>This part: connections come and go.</summary>
public sealed partial class Libp2pHost
{
    // As long as this a connection that is not used stays, for what the peer still begins on it, and because the one
    // that is used may turn out to be dead.
    private static readonly TimeSpan RetireTime = TimeSpan.FromSeconds(10);

    // So long one that is in doubt has to give a sign of life.
    private static readonly TimeSpan ProbeTime = RetireTime / 2;

    // Streams of these keep no stranger's connection.
    private static readonly string[] SmallTalk =
        [IdentifyProtocol.Identify, IdentifyProtocol.Push, PingProtocol.Id];

    private readonly Dictionary<PeerId, Task<Connection>> _dials = [];

    /// <summary>The connection with a peer: the one that there is, or a new one. Several calls for one peer at the same
    /// time share a dial.</summary>
    /// <param name="peer">Who must be there.</param>
    /// <param name="addresses">Where it may be, the preferred address first.</param>
    /// <param name="cancellation">Gives up waiting; the dial goes on for others.</param>
    /// <exception cref="Libp2pException">It cannot be reached; the message says what came of each address.</exception>
    public async Task<Connection> ConnectAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, CancellationToken cancellation)
    {
        Task<Connection>? dial;
        lock (_lifeGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connections.Find(peer) is { } connection) return connection;
            if (!_dials.TryGetValue(peer, out dial))
            {
                var result = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
                _dials.Add(peer, dial = result.Task);
                Multiaddr[] all = [.. addresses, .. MoreAddresses?.Invoke(peer) ?? []];
                _tasks.Run(() => DialAsync(peer, all, result));
            }
        }
        return await dial.WaitAsync(cancellation);
    }

    /// <summary>Opens a stream for a protocol, on the connection with the peer or on a new one; see
    /// <see cref="Connection.OpenStreamAsync(string, CancellationToken)"/>.</summary>
    /// <exception cref="Libp2pException">The peer cannot be reached, or takes no more streams.</exception>
    public async Task<ProtocolStream> OpenStreamAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, string protocol, CancellationToken cancellation)
    {
        var connection = await ConnectAsync(peer, addresses, cancellation);
        try
        {
            return await connection.OpenStreamAsync(protocol, cancellation);
        }
        catch (Libp2pException e) when (e.Fault == Libp2pFault.Closed)
        {
            // It ended just now; what took its place or a new one is as good.
            connection = await ConnectAsync(peer, addresses, cancellation);
            return await connection.OpenStreamAsync(protocol, cancellation);
        }
    }

    private async Task DialAsync(PeerId peer, Multiaddr[] addresses, TaskCompletionSource<Connection> result)
    {
        Connection? connection = null;
        Exception? error = null;
        try
        {
            var reached = await _dialer.DialAsync(peer, addresses, _stop.Token);
            connection = await AddAsync(reached.Stream, peer, reached.Address, isInbound: false, place: null);
        }
        catch (OperationCanceledException)
        {
            error = new Libp2pException(Libp2pFault.Closed, "This peer was closed.");
        }
        catch (Exception e)
        {
            error = e;
        }
        lock (_lifeGate) _dials.Remove(peer);
        if (connection is not null) result.SetResult(connection);
        else result.SetException(error!);
    }

    private async Task AcceptAsync(Listener listener)
    {
        while (await listener.AcceptAsync() is { } socket)
        {
            if (socket.RemoteEndPoint is not IPEndPoint from || _gate.TryEnter(from.Address, socket) is not { } place)
            {
                LogMessages.TooMany(_logger, $"{socket.RemoteEndPoint}");
                socket.Dispose();
                continue;
            }
            socket.NoDelay = true;
            _tasks.Run(() => TakeAsync(socket, Multiaddr.Of(from), place));
        }
    }

    private async Task TakeAsync(Socket socket, Multiaddr from, InboundGate.Place place)
    {
        var stream = new NetworkStream(socket, ownsSocket: true);
        using var limit = new CancellationTokenSource(_options.HandshakeTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        try
        {
            var (secure, peer) = await _upgrader.AcceptAsync(stream, either.Token);
            if (!place.TryStay(peer))
            {
                await secure.DisposeAsync();
                throw new Libp2pException(Libp2pFault.Limit, "There are too many connections.");
            }
            await AddAsync(secure, peer, from, isInbound: true, place);
        }
        catch (Exception e)
        {
            var reason = limit.IsCancellationRequested ? "The handshake took too long."
                : place.IsCut ? "The handshake was slow, and others wait." : e.Message;
            LogMessages.NotUpgraded(_logger, from.ToString(), reason);
            await stream.DisposeAsync();
            place.Dispose();
        }
    }

    private async Task<Connection> AddAsync(
        NoiseStream stream, PeerId peer, Multiaddr address, bool isInbound, InboundGate.Place? place)
    {
        var connection = new Connection(stream, peer, address, isInbound, _options, _time, Serve, _unread);
        bool refused;
        Connection? inDoubt = null, tooMany = null;
        lock (_lifeGate)
        {
            refused = _disposed;
            if (!refused) (inDoubt, tooMany) = _connections.Add(connection);
        }
        if (refused)
        {
            await stream.DisposeAsync();
            throw new OperationCanceledException("The host was closed.");
        }
        LogMessages.Connected(_logger, connection.ToString());
        _connections.Tell();
        inDoubt?.Probe(ProbeTime);
        connection.Start();
        _tasks.Run(() => WatchAsync(connection, place));
        if (tooMany is not null) _tasks.Run(tooMany.CloseAsync);
        return connection;
    }

    private async Task WatchAsync(Connection connection, InboundGate.Place? place)
    {
        try
        {
            using var limit = new CancellationTokenSource(_options.NegotiationTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
            await IdentifyProtocol.AskAsync(connection, either.Token);
        }
        catch (Exception e) when (e is Libp2pException or OperationCanceledException)
        {
            LogMessages.StreamFailed(_logger, connection.ToString(), e.Message);
        }
        var reason = await connection.Completion;
        place?.Dispose();
        var why = place is { IsCut: true } ? "It made room for a known peer." : reason.Message;
        LogMessages.Ended(_logger, connection.ToString(), why);
        _connections.Remove(connection);
        _connections.Tell();
    }

    // One that the peer has reset is served until its handler notices: it may not open others as fast as it can.
    private void Serve(Connection connection, YamuxStream stream)
    {
        if (Interlocked.Increment(ref connection.Served) <= 2 * _options.Streams.MostInboundStreams)
        {
            _tasks.Run(() => ServeAsync(connection, stream));
            return;
        }
        Interlocked.Decrement(ref connection.Served);
        stream.Reset("Too many streams are being served.");
    }

    private async Task ServeAsync(Connection connection, YamuxStream stream)
    {
        var protocol = "";
        try
        {
            using (var limit = new CancellationTokenSource(_options.NegotiationTimeout, _time))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token))
                protocol = await Multistream.AnswerAsync(
                    stream, p => HandlerOf(p) is not null, () => _handlers.Keys.Order(StringComparer.Ordinal),
                    either.Token);
            if (!SmallTalk.Contains(protocol)) Interlocked.Increment(ref connection.Working);
            await HandlerOf(protocol)!(
                new ProtocolStream(connection, stream, protocol, isProposed: false), _stop.Token);
            stream.CloseWrite();
        }
        catch (Exception e)
        {
            stream.Reset(e.Message);
            if (e is Libp2pException or OperationCanceledException)
                LogMessages.StreamFailed(_logger, connection.ToString(), e.Message);
            else
                LogMessages.HandlerFailed(_logger, protocol, connection.ToString(), e.Message);
        }
        finally
        {
            await stream.DisposeAsync();
            if (protocol.Length > 0 && !SmallTalk.Contains(protocol)) Interlocked.Decrement(ref connection.Working);
            Interlocked.Decrement(ref connection.Served);
        }
    }

    private void CloseIdle()
    {
        foreach (var connection in _connections.All)
        {
            var idle = connection.IdleFor(IsKnown?.Invoke(connection.Peer) == true);
            var retired = connection.Retired is { } since && _time.GetElapsedTime(since) >= RetireTime;
            if (idle < _options.IdleTimeout && !(retired && connection.StreamCount == 0)) continue;
            lock (_lifeGate)
            {
                if (_disposed) return;
                _tasks.Run(connection.CloseAsync);
            }
        }
    }
}
