using System.Reflection;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>A plugin whose laws are tested, and what only its author knows of it.</summary>
/// <param name="Entry">The type that implements <see cref="IPlugin"/>.</param>
public sealed record PluginCase(Type Entry)
{
    /// <summary>The plugin's assembly, beside what it depends on. Default: where its type was loaded from.</summary>
    public string Dll { get; init; } = Entry.Assembly.Location;

    /// <summary>Whether it says that it can be unloaded. Default: what its <see cref="PluginAttribute"/>
    /// says.</summary>
    public UnloadSupport Unload { get; init; } =
        Entry.Assembly.GetCustomAttribute<PluginAttribute>()?.Unload ?? UnloadSupport.Supported;

    /// <summary>Sound settings, as JSON, that name every key there is and start anywhere: on port 0 and not a fixed
    /// one. Default: none.</summary>
    public string Settings { get; init; } = "{}";

    /// <summary>Keys of <see cref="Settings"/> whose value is an object that may have any key, e.g. names that the
    /// operator chooses. Default: none.</summary>
    public IReadOnlyCollection<string> FreeKeys { get; init; } = [];

    /// <summary>Where a transport that is started is reached; it may be of a privately loaded assembly, so that only
    /// reflection helps. Null, the default: it does not listen, or it is no transport.</summary>
    public Func<ITransport, PeerAddress>? AddressOf { get; init; }

    /// <summary>Settings that cannot start as long as another transport listens at that address. Null, the default:
    /// there are none.</summary>
    public Func<PeerAddress, string>? SettingsThatCollide { get; init; }

    /// <summary>The case of a plugin that needs no settings.</summary>
    public static PluginCase Of<TEntry>()
        where TEntry : IPlugin, new() => new(typeof(TEntry));
}
