using Microsoft.Extensions.Logging;

namespace PluginNode.Libp2p;

/// <summary>What the plugin logs: events 3200–3299.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(3200, LogLevel.Information, "Listening for libp2p on {Address}.")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(3201, LogLevel.Debug, "Connected with {Connection}.")]
    public static partial void Connected(ILogger logger, string connection);

    [LoggerMessage(3202, LogLevel.Debug, "The connection with {Connection} has ended: {Reason}")]
    public static partial void Ended(ILogger logger, string connection, string reason);

    [LoggerMessage(3203, LogLevel.Debug, "A connection from {Address} came to nothing: {Reason}")]
    public static partial void NotUpgraded(ILogger logger, string address, string reason);

    [LoggerMessage(3204, LogLevel.Debug, "A connection from {Address} was closed: there are too many.")]
    public static partial void TooMany(ILogger logger, string address);

    [LoggerMessage(3205, LogLevel.Debug, "A stream of {Connection} came to nothing: {Reason}")]
    public static partial void StreamFailed(ILogger logger, string connection, string reason);

    [LoggerMessage(3206, LogLevel.Error, "The protocol {Protocol} failed on a stream of {Connection}: {Reason}")]
    public static partial void HandlerFailed(ILogger logger, string protocol, string connection, string reason);

    [LoggerMessage(3207, LogLevel.Warning,
        "Frames of {Peer} are turned away: it is not in the peer list, or only sent to. Told once a minute.")]
    public static partial void UnknownSender(ILogger logger, string peer);

    [LoggerMessage(3208, LogLevel.Warning,
        "There was no room for a batch of {Peer}; it will come again. If this goes on, look for slow peers or raise "
        + "plugins.settings.libp2p.maxBatchBytes, which the room grows with. Told once a minute.")]
    public static partial void NoRoom(ILogger logger, string peer);

    [LoggerMessage(3209, LogLevel.Error, "Taking a batch of {Peer} failed: {Reason}")]
    public static partial void ReceiveFailed(ILogger logger, string peer, string reason);

    [LoggerMessage(3210, LogLevel.Warning,
        "{Peer} takes batches of {PeerLimit} bytes and this node makes them of {Limit}; they are cut smaller for it. "
        + "Larger frames do not reach it: give both ends the same maxBatchBytes.")]
    public static partial void BatchesCutDown(ILogger logger, string peer, int peerLimit, int limit);

    [LoggerMessage(3211, LogLevel.Warning, "A raw message of {Peer} was turned away: {Reason} Told once a minute.")]
    public static partial void RawTurnedAway(ILogger logger, string peer, string reason);

    [LoggerMessage(3212, LogLevel.Warning,
        "Requests of {Peer} are not answered: it is not in the peer list, or only sent to. Told once a minute.")]
    public static partial void UnknownAsker(ILogger logger, string peer);

    [LoggerMessage(3213, LogLevel.Warning, "A request of {Peer} was turned away: {Reason} Told once a minute.")]
    public static partial void RequestTurnedAway(ILogger logger, string peer, string reason);

    [LoggerMessage(3214, LogLevel.Error, "Answering a request failed: {Reason}")]
    public static partial void AnswerFailed(ILogger logger, string reason);

    [LoggerMessage(3220, LogLevel.Information, "Found by mDNS: {Address}, which is in the peer list.")]
    public static partial void Found(ILogger logger, string address);

    [LoggerMessage(3221, LogLevel.Information,
        "Found by mDNS: {Address}, which is not in the peer list, so that nothing is sent to it. If you know whose it "
        + "is, add it: pluginnode peers put NAME {PublicKey} {Address}")]
    public static partial void StrangerFound(ILogger logger, string address, string publicKey);

    [LoggerMessage(3222, LogLevel.Warning,
        "mDNS does not work on {Site}: {Reason} It is tried again; plugins.settings.libp2p.mdns switches it off. Told "
        + "once a minute.")]
    public static partial void NoDiscovery(ILogger logger, string site, string reason);

    [LoggerMessage(3223, LogLevel.Debug, "Somebody on {Site} sends what is no mDNS: {Reason} Told once a minute.")]
    public static partial void NotDns(ILogger logger, string site, string reason);

    [LoggerMessage(3224, LogLevel.Debug, "{Peer} was found by mDNS, but not reached: {Reason}")]
    public static partial void FoundNotReached(ILogger logger, string peer, string reason);
}
