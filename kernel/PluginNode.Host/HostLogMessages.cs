namespace PluginNode;

/// <summary>What the host logs. Its event ids are 2000–2999. No payload, key, protocol or peer name.</summary>
internal static partial class HostLogMessages
{
    [LoggerMessage(2000, LogLevel.Information, "node {name} is {peerId}")]
    public static partial void Starting(ILogger logger, string name, string peerId);

    [LoggerMessage(2001, LogLevel.Information, "control API listens on {address}")]
    public static partial void ApiListens(ILogger logger, string address);

    [LoggerMessage(2002, LogLevel.Information, "records are kept by {store}")]
    public static partial void StoreChosen(ILogger logger, string store);

    [LoggerMessage(2004, LogLevel.Information, "plugin {plugin} {version} is loaded: {provides}")]
    public static partial void PluginLoaded(ILogger logger, string plugin, string version, string provides);

    [LoggerMessage(2005, LogLevel.Information, "plugin {plugin} is disabled")]
    public static partial void PluginDisabled(ILogger logger, string plugin);

    [LoggerMessage(2006, LogLevel.Error, "plugin {plugin} is {state}: {fault}")]
    public static partial void PluginFaulted(ILogger logger, string plugin, string state, string fault);

    [LoggerMessage(2007, LogLevel.Warning, "plugins.settings.{plugin}: no such plugin is installed")]
    public static partial void SettingsWithoutPlugin(ILogger logger, string plugin);

    [LoggerMessage(2008, LogLevel.Information, "ready")]
    public static partial void Ready(ILogger logger);

    [LoggerMessage(2009, LogLevel.Information, "stopping; what is in flight gets {grace}")]
    public static partial void Stopping(ILogger logger, TimeSpan grace);

    [LoggerMessage(2010, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(2011, LogLevel.Warning, "store 'memory': everything is lost when the node stops")]
    public static partial void MemoryStore(ILogger logger);

    [LoggerMessage(2012, LogLevel.Warning,
        "node.name '{name}' is no name for the nara network (no ':', '/' or control characters): no events are synced")]
    public static partial void NoNaraName(ILogger logger, string name);

    [LoggerMessage(2013, LogLevel.Warning,
        "sync.chain: no plugin provides '{strategy}', so it is left out; known are {known}")]
    public static partial void UnknownStrategy(ILogger logger, string strategy, string known);

    [LoggerMessage(2014, LogLevel.Information, "recovery by {strategy}: {progress}")]
    public static partial void RecoveryGoesOn(ILogger logger, string strategy, string progress);

    [LoggerMessage(2020, LogLevel.Error, "{route} failed")]
    public static partial void RequestFailed(ILogger logger, string route, Exception exception);
}
