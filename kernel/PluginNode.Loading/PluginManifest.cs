using PluginNode.Plugins;

namespace PluginNode.Loading;

/// <summary>What a plugin's metadata says, read before any of its code runs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="EntryType">Full name of the type that implements <see cref="IPlugin"/>.</param>
/// <param name="Version">Its own version.</param>
/// <param name="Unload">Whether it can be unloaded.</param>
/// <param name="Contracts">The version of the contracts it was built against; null where it references none.</param>
public sealed record PluginManifest(
    string Id, string EntryType, string Version, UnloadSupport Unload, Version? Contracts);

/// <summary>A plugin cannot be loaded; the message says why and what to do.</summary>
public sealed class PluginLoadException(string message) : Exception(message);
