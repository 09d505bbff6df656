using PluginNode.Identity;

namespace PluginNode.Libp2p.Hosting;

/// <summary>
/// The connections that there are, which one is used for a peer, and the news of who comes and goes. All members may be
/// called from any thread.
/// </summary>
/// <remarks>
/// Where there are several with a peer both ends must use the same one, or each would let the other's run out. So it
/// follows from what both know and from nothing else, no clock and no setting: what the smaller key has made goes
/// before what the other one has made, and of the connections that one end has made the latest is used, as who dials
/// has none.
/// </remarks>
/// <param name="self">This peer.</param>
/// <param name="most">Connections with one peer.</param>
/// <param name="time">The clock.</param>
/// <param name="changed">Told of a peer's first connection (true) and of the end of its last (false), one call after
/// the other.</param>
internal sealed class ConnectionTable(PeerId self, int most, TimeProvider time, Action<PeerId, bool> changed)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<Connection>> _peers = [];
    private readonly Queue<(PeerId Peer, bool IsUp)> _news = new();
    private bool _telling;

    public IReadOnlyList<Connection> All
    {
        get
        {
            lock (_gate) return [.. _peers.Values.SelectMany(c => c)];
        }
    }

    /// <summary>The one to use, or null. One that is ending is none, though it is here until it has ended.</summary>
    public Connection? Find(PeerId peer)
    {
        lock (_gate) return _peers.TryGetValue(peer, out var connections) ? Choose(connections) : null;
    }

    /// <summary>Takes a connection; call <see cref="Tell"/> then. Tells which other one stays in use, so that it is to
    /// be asked whether it is alive: the peer may have made this one because it lost that one. And which one is too
    /// many.</summary>
    public (Connection? InDoubt, Connection? TooMany) Add(Connection connection)
    {
        lock (_gate)
        {
            if (!_peers.TryGetValue(connection.Peer, out var connections))
            {
                _peers.Add(connection.Peer, connections = []);
                _news.Enqueue((connection.Peer, true));
            }
            connections.Add(connection);
            var used = Choose(connections);
            return (used == connection ? null : used,
                connections.Count > most ? connections.Find(c => c.Retired is not null) : null);
        }
    }

    /// <summary>Forgets a connection that has ended; call <see cref="Tell"/> then.</summary>
    public void Remove(Connection connection)
    {
        lock (_gate)
        {
            var connections = _peers[connection.Peer];
            connections.Remove(connection);
            Choose(connections);
            if (connections.Count > 0) return;
            _peers.Remove(connection.Peer);
            _news.Enqueue((connection.Peer, false));
        }
    }

    /// <summary>Tells the news, outside of all locks and in the order in which they came about: who tells already tells
    /// these, too.</summary>
    public void Tell()
    {
        while (true)
        {
            (PeerId Peer, bool IsUp) next;
            lock (_gate)
            {
                if (_telling || !_news.TryDequeue(out next)) return;
                _telling = true;
            }
            try
            {
                changed(next.Peer, next.IsUp);
            }
            finally
            {
                lock (_gate) _telling = false;
            }
        }
    }

    /// <summary>Under the lock: which one is used. The others run out.</summary>
    private Connection? Choose(List<Connection> connections)
    {
        var used = connections.FindLast(c => c.TakesStreams && c.IsInbound == IsSmaller(c.Peer))
            ?? connections.FindLast(c => c.TakesStreams);
        foreach (var connection in connections)
            connection.Retired = connection == used ? null : connection.Retired ?? time.GetTimestamp();
        return used;
    }

    private bool IsSmaller(PeerId peer) => peer.ToPublicKey().AsSpan().SequenceCompareTo(self.ToPublicKey()) < 0;
}
