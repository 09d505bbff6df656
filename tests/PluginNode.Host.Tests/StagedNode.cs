namespace PluginNode.Host.Tests;

/// <summary>The node that <c>build/stage</c> puts together.</summary>
internal static class StagedNode
{
    /// <summary>Its plugins.</summary>
    public static string Plugins
    {
        get
        {
            for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
                if (Directory.Exists(Path.Combine(folder, "node", "plugins")))
                    return Path.Combine(folder, "node", "plugins");
            throw new InvalidOperationException("There is no staged node: run build/stage first, or build/test.");
        }
    }
}
