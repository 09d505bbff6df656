using PluginNode.Events;
using PluginNode.Plugins;

namespace PluginNode.Composition;

/// <summary>The event kinds that the plugins provide.</summary>
internal static class PluginKinds
{
    /// <summary>Asks every plugin, in the order of their ids. One whose kind can't be added is faulted; the kinds that
    /// it had added before stay, so that events that are there can still be read.</summary>
    public static void Add(PluginSet plugins, EventKinds kinds)
    {
        foreach (var plugin in plugins.All)
            foreach (var kind in plugin.Services<IEventKind>())
                Add(kind, plugin, kinds);
    }

    private static void Add(IEventKind kind, PluginEntry plugin, EventKinds kinds)
    {
        try
        {
            if (kinds.Add(kind, plugin.Id) is { } problem) plugin.Fault(problem);
        }
        catch (Exception e)
        {
            plugin.Fault($"event kind: {FaultText.Of(e)}");
        }
    }
}
