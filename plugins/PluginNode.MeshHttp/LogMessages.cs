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
}
