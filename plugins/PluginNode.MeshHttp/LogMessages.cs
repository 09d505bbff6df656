using Microsoft.Extensions.Logging;

namespace PluginNode.MeshHttp;

/// <summary>What the plugin logs: events 3000–3099.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(3000, LogLevel.Information, "Listening for mesh HTTP on {Address}.")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(3001, LogLevel.Warning,
        "Requests of {Peer} are turned away: it is not in the peer list. Told once a minute.")]
    public static partial void UnknownSender(ILogger logger, string peer);

    [LoggerMessage(3002, LogLevel.Warning,
        "A request in the name of {Peer} has a wrong signature. Told once a minute.")]
    public static partial void WrongSignature(ILogger logger, string peer);

    [LoggerMessage(3003, LogLevel.Information,
        "The clock of {Peer} is {Offset} away from this node's; requests to it carry its time.")]
    public static partial void ClockLearnt(ILogger logger, string peer, TimeSpan offset);

    [LoggerMessage(3004, LogLevel.Error, "Taking a batch of {Peer} failed: {Reason}")]
    public static partial void ReceiveFailed(ILogger logger, string peer, string reason);

    [LoggerMessage(3005, LogLevel.Debug, "A request ended before it was answered: {Reason}")]
    public static partial void RequestBroke(ILogger logger, string reason);

    [LoggerMessage(3006, LogLevel.Warning,
        "{Peer} takes batches of {PeerLimit} bytes and this node makes them of {Limit}; they are cut smaller for it. "
        + "Larger frames do not reach it: give both ends the same maxBatchBytes.")]
    public static partial void BatchesCutDown(ILogger logger, string peer, long peerLimit, int limit);

    [LoggerMessage(3007, LogLevel.Warning,
        "Connections from {Address} are closed: it has {Limit} already. Where several peers share that address, raise "
        + "plugins.settings.mesh-http.maxConnectionsPerAddress. Told once a minute.")]
    public static partial void TooManyConnections(ILogger logger, string address, int limit);

    [LoggerMessage(3008, LogLevel.Warning,
        "A request from {Address} has missing or malformed headers. If a peer is there, give both ends the same "
        + "version. Told once a minute.")]
    public static partial void MalformedHead(ILogger logger, string address);

    [LoggerMessage(3009, LogLevel.Warning,
        "A request of {Peer} came a second time and was not taken again. If this goes on, someone on the way records "
        + "its requests: put a tunnel under the link. Told once a minute.")]
    public static partial void Replayed(ILogger logger, string peer);

    [LoggerMessage(3010, LogLevel.Information,
        "A request of {Peer} was signed {Behind} behind this node's time; it was told the time and signs again. If "
        + "this goes on, look for a clock that does not run steadily at either end. Told once a minute.")]
    public static partial void NotFresh(ILogger logger, string peer, TimeSpan behind);

    [LoggerMessage(3011, LogLevel.Warning,
        "A body of {Peer} has {Length} bytes and {Limit} are taken; the peer was told. For larger frames raise "
        + "plugins.settings.mesh-http.maxBatchBytes. Told once a minute.")]
    public static partial void TooLarge(ILogger logger, string peer, long length, int limit);

    [LoggerMessage(3012, LogLevel.Warning,
        "A body of {Peer} was not taken: {Reason}. If this goes on, give both ends the same version and look for what "
        + "changes data on the way. Told once a minute.")]
    public static partial void MalformedBody(ILogger logger, string peer, string reason);

    [LoggerMessage(3013, LogLevel.Warning,
        "A body of {Peer} was given up: {Reason}. If this goes on, look at the link to it, which has to move {Rate} "
        + "bytes a second. Told once a minute.")]
    public static partial void TooSlow(ILogger logger, string peer, string reason, int rate);

    [LoggerMessage(3014, LogLevel.Warning,
        "{Peer} makes more requests than are remembered; further ones wait for half a minute. If this goes on, look at "
        + "what that node does. Told once a minute.")]
    public static partial void TooManyRequests(ILogger logger, string peer);

    [LoggerMessage(3015, LogLevel.Warning,
        "There was no room for a body of {Peer}; it will come again. If this goes on, look for slow peers or raise "
        + "plugins.settings.mesh-http.maxBatchBytes, which the room grows with. Told once a minute.")]
    public static partial void NoRoom(ILogger logger, string peer);

    [LoggerMessage(3016, LogLevel.Warning,
        "Event sync is refused to '{Name}': no key of that name is known. If it shall sync, put it in the peer list; "
        + "with node.trust first-use an event in which it announces its key is enough. Told once a minute.")]
    public static partial void UnknownName(ILogger logger, string name);

    [LoggerMessage(3017, LogLevel.Debug, "A sync request of '{Name}' was refused: {Reason}")]
    public static partial void SyncRequestRefused(ILogger logger, string name, string reason);
}
