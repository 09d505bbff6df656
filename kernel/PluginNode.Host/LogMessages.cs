namespace PluginNode;

/// <summary>What the host logs. Its event ids are 1000–1999.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1000, LogLevel.Information, "node {name} is {peerId}")]
    public static partial void Starting(ILogger logger, string name, string peerId);

    [LoggerMessage(1001, LogLevel.Information, "control API listens on {address}")]
    public static partial void ApiListens(ILogger logger, string address);

    [LoggerMessage(1002, LogLevel.Information, "store {store}: {records} records, {bytes} bytes")]
    public static partial void StoreOpened(ILogger logger, string store, long records, long bytes);

    [LoggerMessage(1003, LogLevel.Warning, "store damage at {place}: {bytes} bytes, {what}; a copy is in quarantine")]
    public static partial void StoreDamaged(ILogger logger, string place, long bytes, string what);

    [LoggerMessage(1004, LogLevel.Information, "plugin {plugin} {version} is loaded: {provides}")]
    public static partial void PluginLoaded(ILogger logger, string plugin, string version, string provides);

    [LoggerMessage(1005, LogLevel.Information, "plugin {plugin} is disabled")]
    public static partial void PluginDisabled(ILogger logger, string plugin);

    [LoggerMessage(1006, LogLevel.Error, "plugin {plugin} is {state}: {fault}")]
    public static partial void PluginFaulted(ILogger logger, string plugin, string state, string fault);

    [LoggerMessage(1007, LogLevel.Warning, "plugins.settings.{plugin}: no such plugin is installed")]
    public static partial void SettingsWithoutPlugin(ILogger logger, string plugin);

    [LoggerMessage(1008, LogLevel.Information, "ready")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(1009, LogLevel.Information, "stopping: {why}; what is in flight gets {grace}")]
    public static partial void Stopping(ILogger logger, string why, TimeSpan grace);

    [LoggerMessage(1010, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(1011, LogLevel.Warning, "store 'memory': everything is lost when the node stops")]
    public static partial void MemoryStore(ILogger logger);

    [LoggerMessage(1020, LogLevel.Error, "{method} {path} failed")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception exception);
}
