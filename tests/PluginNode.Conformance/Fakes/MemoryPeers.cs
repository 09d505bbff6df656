using System.Collections.Concurrent;
using PluginNode.Identity;

namespace PluginNode.Conformance.Fakes;

/// <summary>A peer list that a test fills. Thread-safe.</summary>
public sealed class MemoryPeers : IPeerDirectory
{
    private readonly ConcurrentDictionary<PeerId, Peer> _peers = new();

    /// <inheritdoc/>
    public IReadOnlyList<Peer> All => [.. _peers.Values.OrderBy(p => p.Name, StringComparer.Ordinal)];

    /// <summary>From now on this peer is known, by the text of its id.</summary>
    public void Add(PeerId id, params PeerAddress[] addresses) => _peers[id] = new Peer(id.ToString(), id, addresses);

    /// <summary>From now on this peer is only sent to.</summary>
    public void AddToSendOnly(PeerId id, params PeerAddress[] addresses) =>
        _peers[id] = new Peer(id.ToString(), id, addresses) { SendOnly = true };

    /// <summary>From now on nobody knows this peer.</summary>
    public void Remove(PeerId id) => _peers.TryRemove(id, out _);

    /// <inheritdoc/>
    public Peer? Find(PeerId id) => _peers.GetValueOrDefault(id);

    /// <inheritdoc/>
    public Peer? Find(string name) => _peers.Values.FirstOrDefault(p => p.Name == name);
}

/// <summary>Peers for tests.</summary>
public static class SomePeers
{
    /// <summary>A peer that chance made up; its key is no point on the curve, mostly.</summary>
    public static PeerId New(Plugins.IChance chance)
    {
        ArgumentNullException.ThrowIfNull(chance);
        Span<byte> key = stackalloc byte[PeerId.KeyBytes];
        chance.Fill(key);
        return PeerId.FromPublicKey(key);
    }
}
