using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.MeshHttp;

/// <summary>What the transport needs of the node that it runs in.</summary>
/// <param name="Signer">Signs requests and responses as this node.</param>
/// <param name="Peers">Whom requests are taken from.</param>
/// <param name="Time">The wall clock, and the steady clock that timestamps are judged by.</param>
/// <param name="Chance">Makes nonces.</param>
/// <param name="Loggers">Where the transport and its HTTP server write.</param>
public sealed record MeshNode(
    ISigner Signer, IPeerDirectory Peers, TimeProvider Time, IChance Chance, ILoggerFactory Loggers);
