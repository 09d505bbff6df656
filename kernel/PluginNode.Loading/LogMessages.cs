using Microsoft.Extensions.Logging;

namespace PluginNode.Loading;

/// <summary>What loading logs: events 2900–2999.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(2900, LogLevel.Warning, "An old private copy of a plugin stays in {Folder}: {Reason}")]
    public static partial void CopyStays(ILogger logger, string folder, string reason);
}
