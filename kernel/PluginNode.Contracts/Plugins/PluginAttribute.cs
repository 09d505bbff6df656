namespace PluginNode.Plugins;

/// <summary>Whether a plugin can be unloaded while the node runs.</summary>
public enum UnloadSupport
{
    /// <summary>It frees everything when stopped; the conformance kit proves it.</summary>
    Supported = 0,

    /// <summary>It changes only with a restart of the node, e.g. because it holds durable state.</summary>
    Restart,
}

/// <summary>Marks an assembly as a plugin. Read from metadata before any of its code runs, so all values are
/// constants.</summary>
/// <param name="id"><c>[a-z0-9][a-z0-9-]{0,63}</c>, e.g. <c>mesh-http</c>; unique on a node; the key of its
/// settings.</param>
/// <param name="entry">The type that implements <see cref="IPlugin"/>; public, with a public constructor without
/// parameters.</param>
/// <param name="version">The plugin's own version, for people.</param>
/// <param name="unload">Whether it can be unloaded.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class PluginAttribute(string id, Type entry, string version, UnloadSupport unload = UnloadSupport.Supported)
    : Attribute
{
    /// <summary>The plugin's id.</summary>
    public string Id { get; } = id;

    /// <summary>The type that implements <see cref="IPlugin"/>.</summary>
    public Type Entry { get; } = entry;

    /// <summary>The plugin's own version.</summary>
    public string Version { get; } = version;

    /// <summary>Whether it can be unloaded.</summary>
    public UnloadSupport Unload { get; } = unload;
}
