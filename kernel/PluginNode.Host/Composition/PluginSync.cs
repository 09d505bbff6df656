using PluginNode.Plugins;
using PluginNode.Sync;

namespace PluginNode.Composition;

/// <summary>What plugins bring for sync: strategies, what neighbours hold by day, and projections.</summary>
/// <param name="plugins">They.</param>
/// <param name="kernel">What uses it.</param>
public sealed class PluginSync(PluginSet plugins, NodeKernel kernel)
{
    private readonly List<(string Name, int Rank, string Plugin)> _strategies = [];
    private volatile IReadOnlyList<string> _chain = [];
    private IReadOnlyList<string>? _configured;

    /// <summary>The strategies that may be used, by name, in the order in which they are tried. Callable from any
    /// thread.</summary>
    public IReadOnlyList<string> Chain => _chain;

    /// <summary>Attaches all of it, plugin by plugin. One whose part can't be attached is faulted; its other parts
    /// stay.</summary>
    /// <param name="configured">The key <c>sync.chain</c>; null: all strategies by rank.</param>
    /// <param name="logger">Told of names in it that no plugin provides.</param>
    public void Attach(IReadOnlyList<string>? configured, ILogger logger)
    {
        _configured = configured;
        foreach (var plugin in plugins.All)
        {
            foreach (var strategy in plugin.Services<ISyncStrategy>())
                Guard(plugin, "sync strategy", () =>
                {
                    if (Attach(strategy, plugin.Id) is { } problem) plugin.Fault(problem);
                });
            foreach (var days in plugin.Services<INeighbourDays>())
                Guard(plugin, "neighbour days", () => kernel.Attach(days, plugin.Id));
            foreach (var projection in plugin.Services<IProjection>())
                Guard(plugin, "projection", () => kernel.Attach(projection, plugin.Id));
        }
        var known = _strategies.ConvertAll(s => s.Name);
        var names = known.Count == 0 ? "none" : string.Join(", ", known);
        foreach (var name in (configured ?? []).Where(c => !known.Contains(c, StringComparer.Ordinal)))
            HostLogMessages.UnknownStrategy(logger, name, names);
    }

    /// <summary>Attaches one strategy.</summary>
    /// <returns>Why it can't be; null where it is.</returns>
    internal string? Attach(ISyncStrategy strategy, string plugin)
    {
        var (name, rank) = (strategy.Name, strategy.Rank);
        if (_strategies.FirstOrDefault(s => s.Name == name) is { Plugin: { } other })
            return $"the plugin '{other}' provides the sync strategy '{name}' already";
        kernel.Attach(strategy, plugin);
        _strategies.Add((name, rank, plugin));
        var known = _strategies.OrderBy(s => s.Rank).ThenBy(s => s.Name, StringComparer.Ordinal).Select(s => s.Name);
        _chain = _configured is null ? [.. known] : [.. _configured.Intersect(known, StringComparer.Ordinal)];
        return null;
    }

    private static void Guard(PluginEntry plugin, string what, Action attach)
    {
        try
        {
            attach();
        }
        catch (Exception e)
        {
            plugin.Fault($"{what}: {FaultText.Of(e)}");
        }
    }
}
