using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Libp2p;

/// <summary>What the transport needs of the node that it runs in.</summary>
/// <param name="Signer">Proves in handshakes who this node is.</param>
/// <param name="Peers">Whom frames are taken from.</param>
/// <param name="Time">The clock.</param>
/// <param name="Chance">For the name that mDNS knows this node by, and for waits.</param>
/// <param name="Logger">Where the transport writes.</param>
public sealed record Libp2pNode(
    INoiseSigner Signer, IPeerDirectory Peers, TimeProvider Time, IChance Chance, ILogger<Libp2pTransport> Logger);
