using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Composition;

/// <summary>What plugins answer peers with.</summary>
internal static class PluginAnswerers
{
    /// <summary>Attaches all of it, in the order of the plugins' ids. One whose answerer can't be attached is faulted;
    /// its other parts stay.</summary>
    public static void Attach(PluginSet plugins, NodeKernel kernel)
    {
        foreach (var plugin in plugins.All)
            foreach (var answerer in plugin.Services<IRequestAnswerer>())
                Attach(answerer, plugin, kernel);
    }

    private static void Attach(IRequestAnswerer answerer, PluginEntry plugin, NodeKernel kernel)
    {
        try
        {
            kernel.Attach(answerer, plugin.Id);
        }
        catch (Exception e)
        {
            plugin.Fault($"request answerer: {FaultText.MessageOf(e)}");
        }
    }
}
