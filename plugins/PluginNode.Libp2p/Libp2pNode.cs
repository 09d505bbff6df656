using Microsoft.Extensions.Logging;
using PluginNode.Identity;

namespace PluginNode.Libp2p;

/// <summary>What the transport needs of the node that it runs in.</summary>
/// <param name="Signer">Proves in handshakes who this node is.</param>
/// <param name="Peers">Whom frames are taken from.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where the transport writes.</param>
public sealed record Libp2pNode(
    INoiseSigner Signer, IPeerDirectory Peers, TimeProvider Time, ILogger<Libp2pTransport> Logger);
