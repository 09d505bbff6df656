using System.Collections.Immutable;
using PluginNode.Plugins;
using PluginNode.Sync;

namespace PluginNode.Composition;

/// <summary>What plugins know of a peer by its name. Callable from any thread. One that throws is a fault of its
/// plugin, and not asked again.</summary>
public sealed class PluginPresence
{
    private ImmutableList<(PluginEntry Plugin, IPeerPresence Presence)> _asked = [];

    /// <summary>Asks the plugins of a set, in the order of their ids.</summary>
    public PluginPresence(PluginSet plugins)
    {
        foreach (var plugin in plugins.All)
            _asked = _asked.AddRange(plugin.Services<IPeerPresence>().Select(p => (plugin, p)));
    }

    /// <summary>What the first plugin says that knows something; null where none does.</summary>
    public PeerPresence? Find(string name)
    {
        foreach (var (plugin, presence) in _asked)
        {
            try
            {
                if (presence.Find(name) is { } found) return found;
            }
            catch (Exception e)
            {
                ImmutableInterlocked.Update(ref _asked, asked => asked.RemoveAll(p => p.Presence == presence));
                plugin.Fault($"presence: {FaultText.Of(e)}");
            }
        }
        return null;
    }
}
