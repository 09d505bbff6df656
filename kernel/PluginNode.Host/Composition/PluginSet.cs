using PluginNode.Configuration;
using PluginNode.Loading;
using PluginNode.Storage;

namespace PluginNode.Composition;

/// <summary>The plugins that were found, in the order of their ids.</summary>
public sealed class PluginSet
{
    private readonly ILogger _logger;

    internal PluginSet(IReadOnlyList<PluginEntry> all, ILogger logger)
    {
        All = all;
        _logger = logger;
    }

    /// <summary>All of them, whatever their state.</summary>
    public IReadOnlyList<PluginEntry> All { get; }

    /// <summary>Loads them. What is wrong with one is its own fault and ends nothing.</summary>
    /// <param name="settings">Which, and from where.</param>
    /// <param name="runFolder">Where the private copies go that are loaded.</param>
    /// <param name="addKernelServices">What the kernel hands to each.</param>
    /// <param name="logger">Told of each.</param>
    public static PluginSet Load(
        NodeSettings settings, string runFolder, Action<IServiceCollection> addKernelServices, ILogger logger)
    {
        var section = settings.Sections.Plugins;
        var loaded = Find(new PluginLoadRequest
        {
            PluginsFolder = settings.PluginsFolder,
            RunFolder = runFolder,
            BaseFolder = settings.BaseFolder,
            DataFolder = settings.DataFolder,
            Settings = section.Settings,
            Disabled = section.Disabled,
            Trust = section.Trust,
            Pins = section.Pins,
            AddKernelServices = addKernelServices,
        });
        var all = loaded.OrderBy(p => p.Id, StringComparer.Ordinal).Select(p => new PluginEntry(p, logger)).ToList();
        var set = new PluginSet(all, logger);
        foreach (var plugin in all) set.Report(plugin);
        foreach (var id in section.Settings.Keys.Where(id => all.TrueForAll(p => p.Id != id)))
            HostLogMessages.SettingsWithoutPlugin(logger, id);
        return set;
    }

    private static IReadOnlyList<LoadedPlugin> Find(PluginLoadRequest request)
    {
        try
        {
            return PluginLoader.Load(request);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"plugins.folder: {e.Message}");
        }
    }

    /// <summary>The store that the configuration names, or the only installed one.</summary>
    /// <exception cref="StartException">There is none, or it does not work, or the choice is open.</exception>
    public (IRecordStore Store, string Name) ChooseStore(string? named)
    {
        if (named == NodeSettings.MemoryStore)
        {
            HostLogMessages.MemoryStore(_logger);
            return (new MemoryStore(), named);
        }
        if (named is not null && All.FirstOrDefault(p => p.Id == named) is not { IsUsable: true })
            throw new StartException(Unusable(named));

        var offers = All.Where(p => named is null || p.Id == named)
            .Select(p => (Plugin: p, Stores: p.Services<IRecordStore>())).ToList();
        var stores = offers.Where(o => o.Stores.Count > 0).ToList();
        if (stores.Count == 1) return (stores[0].Stores[0], stores[0].Plugin.Id);
        if (stores.Count > 1)
            throw new StartException($"store: {Ids(stores.Select(s => s.Plugin))} offer one; name the one to use");
        if (named is not null && offers[0].Plugin.Faults.Count == 0)
            throw new StartException($"store: the plugin '{named}' offers no store");
        var broken = All.Where(p => p.Faults.Count > 0).ToList();
        throw new StartException(broken.Count == 0
            ? "store: no plugin offers one; put one into plugins.folder"
            : $"store: no working plugin offers one; not working: {string.Join("; ", broken.Select(Said))}");
    }

    /// <summary>Marks a plugin as faulted and says so in the log, once for the same text: for who knows no more of it
    /// than its id.</summary>
    public void Fault(string id, string text) => All.FirstOrDefault(p => p.Id == id)?.Fault(text);

    /// <summary>Disposes all, in reverse order.</summary>
    /// <param name="time">The clock that says when one took too long.</param>
    public async Task DisposeAsync(TimeProvider time)
    {
        foreach (var plugin in All.Reverse()) await plugin.DisposeAsync(time);
    }

    private void Report(PluginEntry plugin)
    {
        foreach (var fault in plugin.Faults) HostLogMessages.PluginFaulted(_logger, plugin.Id, plugin.State, fault);
        if (plugin.IsUsable)
            HostLogMessages.PluginLoaded(_logger, plugin.Id, plugin.Version, string.Join(", ", plugin.Provides));
        else if (plugin.Faults.Count == 0) HostLogMessages.PluginDisabled(_logger, plugin.Id);
    }

    private string Unusable(string id) => All.FirstOrDefault(p => p.Id == id) is { } plugin
        ? $"store: {Said(plugin)}"
        : $"store: the plugin '{id}' is not installed; installed are {(All.Count == 0 ? "none" : Ids(All))}";

    private static string Said(PluginEntry plugin) => plugin.Faults.Count == 0
        ? $"the plugin '{plugin.Id}' is {plugin.State}"
        : $"the plugin '{plugin.Id}' is {plugin.State}: {string.Join("; ", plugin.Faults)}";

    private static string Ids(IEnumerable<PluginEntry> plugins) => string.Join(", ", plugins.Select(p => p.Id));
}
