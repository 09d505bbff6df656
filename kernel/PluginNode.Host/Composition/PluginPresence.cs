using PluginNode.Loading;
using PluginNode.Sync;

namespace PluginNode.Composition;

/// <summary>What plugins know of a peer by its name. Callable from any thread. One that throws is faulted, and not
/// asked again.</summary>
public sealed class PluginPresence
{
    private readonly PluginSet _plugins;
    private readonly List<(PluginEntry Plugin, IPeerPresence Presence)> _known = [];

    /// <summary>Asks the plugins of a set, in the order of their ids.</summary>
    public PluginPresence(PluginSet plugins)
    {
        _plugins = plugins;
        foreach (var plugin in plugins.All)
            foreach (var presence in plugin.Services<IPeerPresence>()) _known.Add((plugin, presence));
    }

    /// <summary>What the first plugin says that knows something; null where none does.</summary>
    public PeerPresence? Find(string name)
    {
        foreach (var (plugin, presence) in _known)
        {
            if (!plugin.IsUsable) continue;
            try
            {
                if (presence.Find(name) is { } found) return found;
            }
            catch (Exception e)
            {
                _plugins.Fault(plugin, $"presence: {FaultText.Of(e)}");
            }
        }
        return null;
    }
}
