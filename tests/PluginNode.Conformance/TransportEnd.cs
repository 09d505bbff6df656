using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>One end of a wire, not started yet.</summary>
/// <param name="Transport">The transport.</param>
/// <param name="Id">Who it is.</param>
/// <param name="Address">Where it is reached; asked for once it is started.</param>
/// <param name="Know">Puts a peer into its peer list.</param>
public sealed record TransportEnd(ITransport Transport, PeerId Id, Func<PeerAddress> Address, Action<PeerId> Know)
{
    /// <summary>Puts a peer into its peer list that it only sends to, see <see cref="Peer.SendOnly"/>. Without it that
    /// law is ignored.</summary>
    public Action<PeerId>? KnowToSendOnly { get; init; }
}

/// <summary>What a transport can do, as far as the contract leaves it open. A law about what it cannot do is
/// ignored.</summary>
public sealed record TransportTraits
{
    /// <summary>The other host's outcomes come back. Without it every frame that went out is
    /// <see cref="SendStatus.Sent"/>. Default: yes.</summary>
    public bool TellsOutcomes { get; init; } = true;

    /// <summary>Frames of sends that follow each other arrive in that order. Default: yes.</summary>
    public bool KeepsOrder { get; init; } = true;

    /// <summary>A frame that was sent once is never handed over twice. Default: yes.</summary>
    public bool HandsOverOnce { get; init; } = true;
}
