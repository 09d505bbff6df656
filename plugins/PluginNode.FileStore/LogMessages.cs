using Microsoft.Extensions.Logging;

namespace PluginNode.FileStore;

/// <summary>What the file store logs: events 4000–4099.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(4000, LogLevel.Warning, "{What}: {Bytes} bytes of {Segment} at {Offset} were copied to quarantine.")]
    public static partial void Quarantined(ILogger logger, string what, long bytes, string segment, long offset);

    [LoggerMessage(4001, LogLevel.Error, "A commit failed, and a new segment is begun: {Reason}")]
    public static partial void CommitFailed(ILogger logger, string reason);

    [LoggerMessage(4002, LogLevel.Warning,
        "A segment could not be prepared ahead; it is tried again when it is needed: {Reason}")]
    public static partial void PrepareFailed(ILogger logger, string reason);

    [LoggerMessage(4003, LogLevel.Warning, "An emptied segment could not be deleted: {Reason}")]
    public static partial void DeleteFailed(ILogger logger, string reason);

    [LoggerMessage(4004, LogLevel.Warning, "What a failed write may have left cannot be taken back just now: {Reason}")]
    public static partial void CutFailed(ILogger logger, string reason);

    [LoggerMessage(4005, LogLevel.Warning,
        "{Segment} cannot be read just now, and its space is not given back: {Reason}")]
    public static partial void MoveFailed(ILogger logger, string segment, string reason);
}
