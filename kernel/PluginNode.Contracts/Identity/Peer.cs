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
}

/// <summary>The peers that frames are taken from and sent to. Reads are lock-free and may come from any
/// thread.</summary>
public interface IPeerDirectory
{
    /// <summary>The peer with that key, or null where it is unknown: then nothing that it sends is taken.</summary>
    Peer? Find(PeerId id);

    /// <summary>The peer with that local name, or null.</summary>
    Peer? Find(string name);

    /// <summary>All peers at this moment, by name in ordinal order.</summary>
    IReadOnlyList<Peer> All { get; }
}
