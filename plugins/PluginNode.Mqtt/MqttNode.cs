using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;

namespace PluginNode.Mqtt;

/// <summary>What the transport needs of the node that it runs in.</summary>
/// <param name="Signer">Signs requests, answers and presence as this node.</param>
/// <param name="Peers">Whom requests are taken from.</param>
/// <param name="Time">The wall clock, and the steady clock that timestamps are judged by.</param>
/// <param name="Chance">Makes nonces, and the jitter of reconnects.</param>
/// <param name="Loggers">Where the transport and its client write.</param>
public sealed record MqttNode(
    ISigner Signer, IPeerDirectory Peers, TimeProvider Time, IChance Chance, ILoggerFactory Loggers)
{
    /// <summary>For presence in the nara network; null: nothing is announced or taken there. Default: null.</summary>
    public PlazaParts? Plaza { get; init; }
}
