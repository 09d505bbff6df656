using PluginNode.Identity;

namespace PluginNode.Libp2p.Hosting;

/// <summary>
/// The connections that there are, and which one is used for a peer. Where a second one comes, the later one is used:
/// who makes it does not have the earlier one any more. But where both sides have dialled at once both have both, and
/// both use that of the smaller key. The other one runs out.
/// </summary>
/// <param name="self">This peer.</param>
/// <param name="atOnce">Connections that are no further apart than this were made at once.</param>
/// <param name="most">Connections with one peer.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionTable(PeerId self, TimeSpan atOnce, int most, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, List<Connection>> _peers = [];

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
        lock (_gate)
            return _peers.TryGetValue(peer, out var connections)
                ? connections.Find(c => c.Retired is null && c.TakesStreams) : null;
    }

    /// <summary>Takes a connection. Tells whether it is the peer's first, and which one is too many.</summary>
    public (bool IsFirst, Connection? TooMany) Add(Connection connection)
    {
        lock (_gate)
        {
            if (!_peers.TryGetValue(connection.Peer, out var connections))
            {
                _peers.Add(connection.Peer, [connection]);
                return (true, null);
            }
            if (connections.Find(c => c.Retired is null) is { } used)
                (used.TakesStreams && IsBetter(used, connection) ? connection : used).Retired = time.GetTimestamp();
            connections.Add(connection);
            return (false, connections.Count > most ? connections.Find(c => c.Retired is not null) : null);
        }
    }

    /// <summary>Forgets a connection that has ended. Tells whether it was the peer's last.</summary>
    public bool Remove(Connection connection)
    {
        lock (_gate)
        {
            var connections = _peers[connection.Peer];
            connections.Remove(connection);
            if (connections.Count == 0) return _peers.Remove(connection.Peer);
            // What was running out is all that is left.
            if (!connections.Exists(c => c.Retired is null)) connections[^1].Retired = null;
            return false;
        }
    }

    private bool IsBetter(Connection used, Connection added) =>
        used.IsInbound != added.IsInbound
        && time.GetElapsedTime(used.Established, added.Established) < atOnce
        && used.IsInbound == IsSmaller(used.Peer);

    private bool IsSmaller(PeerId peer) => peer.ToPublicKey().AsSpan().SequenceCompareTo(self.ToPublicKey()) < 0;
}
