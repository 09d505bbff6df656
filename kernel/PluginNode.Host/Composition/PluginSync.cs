using PluginNode.Loading;
using PluginNode.Sync;

namespace PluginNode.Composition;

/// <summary>What plugins bring for sync: strategies, what neighbours hold by day, and projections.</summary>
/// <param name="plugins">They.</param>
/// <param name="kernel">What uses it.</param>
public sealed class PluginSync(PluginSet plugins, NodeKernel kernel)
{
    private readonly List<(string Name, int Rank, string Plugin)> _strategies = [];

    /// <summary>The strategies that may be used, by name, in the order in which they are tried. Changes while the node
    /// starts only.</summary>
    public IReadOnlyList<string> Chain { get; private set; } = [];

    /// <summary>Attaches all of it, plugin by plugin. One whose part can't be attached is faulted; its other parts
    /// stay.</summary>
    /// <param name="configured">The key <c>sync.chain</c>; null: all strategies by rank.</param>
    /// <param name="logger">Told of names in it that no plugin provides.</param>
    public void Attach(IReadOnlyList<string>? configured, ILogger logger)
    {
        foreach (var plugin in plugins.All)
        {
            foreach (var strategy in plugin.Services<ISyncStrategy>())
                Guard(plugin, "sync strategy", () => Attach(strategy, plugin));
            foreach (var days in plugin.Services<INeighbourDays>())
                Guard(plugin, "neighbour days", () => kernel.Attach(days, plugin.Id));
            foreach (var projection in plugin.Services<IProjection>())
                Guard(plugin, "projection", () => kernel.Attach(projection, plugin.Id));
        }
        var known = _strategies.OrderBy(s => s.Rank).ThenBy(s => s.Name, StringComparer.Ordinal)
            .Select(s => s.Name).ToList();
        Chain = configured is null ? known : [.. configured.Where(known.Contains)];
        var names = known.Count == 0 ? "none" : string.Join(", ", known);
        foreach (var name in (configured ?? []).Where(c => !known.Contains(c, StringComparer.Ordinal)))
            HostLogMessages.UnknownStrategy(logger, name, names);
    }

    private void Attach(ISyncStrategy strategy, PluginEntry plugin)
    {
        var (name, rank) = (strategy.Name, strategy.Rank);
        if (_strategies.FirstOrDefault(s => s.Name == name) is { Plugin: { } other })
        {
            plugins.Fault(plugin, $"the plugin '{other}' provides the sync strategy '{name}' already");
            return;
        }
        kernel.Attach(strategy, plugin.Id);
        _strategies.Add((name, rank, plugin.Id));
    }

    private void Guard(PluginEntry plugin, string what, Action attach)
    {
        try
        {
            attach();
        }
        catch (Exception e)
        {
            plugins.Fault(plugin, $"{what}: {FaultText.Of(e)}");
        }
    }
}
