using Microsoft.Extensions.Logging;

namespace PluginNode.MeshHttp;

/// <summary>What mesh HTTP logs: events 3000–3099. No payload, key or peer name.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(3000, LogLevel.Information, "Mesh HTTP listens on {Address}.")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(3001, LogLevel.Warning, "A request of {Sender} was not taken: {Reason}. (Said once a minute.)")]
    public static partial void Refused(ILogger logger, string sender, string reason);

    [LoggerMessage(3002, LogLevel.Error, "Receiving from {Sender} failed: {Reason}")]
    public static partial void ReceiveFailed(ILogger logger, string sender, string reason);
}
