namespace PluginNode.Identity;

/// <summary>Another node, as the operator knows it. Immutable; a change makes a new one.</summary>
/// <param name="Name">Local and unique: 1–63 characters without <c>/ + #</c> or control characters. Never on the
/// wire.</param>
/// <param name="Id">Its key.</param>
/// <param name="Addresses">Where it may be reached, the preferred one first.</param>
public sealed record Peer(string Name, PeerId Id, IReadOnlyList<PeerAddress> Addresses)
{
    /// <summary>Whether the operator holds what waits for this peer. What it sends is taken all the same.</summary>
    public bool Paused { get; init; }

    /// <summary>Whether this node only sends to it: nothing that it sends is taken, neither messages nor events, nor is
    /// it asked for any.</summary>
    public bool SendOnly { get; init; }
}

/// <summary>The peers that messages are sent to, and taken from, see <see cref="PeerDirectory.TakesFrom"/>. Reads are
/// lock-free and may come from any thread.</summary>
public interface IPeerDirectory
{
    /// <summary>The peer with that key, or null where it is unknown: then nothing that it sends is taken.</summary>
    Peer? Find(PeerId id);

    /// <summary>The peer with that local name, or null.</summary>
    Peer? Find(string name);

    /// <summary>All peers at this moment, by name in ordinal order.</summary>
    IReadOnlyList<Peer> All { get; }
}

/// <summary>What follows from the peer list.</summary>
public static class PeerDirectory
{
    /// <summary>Whether what this peer sends is taken at all: it is known, and not only sent to. Every transport asks
    /// before it hands anything over; who is not taken from is told what a stranger is told.</summary>
    public static bool TakesFrom(this IPeerDirectory peers, PeerId id)
    {
        ArgumentNullException.ThrowIfNull(peers);
        return peers.Find(id) is { SendOnly: false };
    }
}
