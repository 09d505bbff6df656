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
}
