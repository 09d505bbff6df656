using System.Reflection;
using System.Runtime.Loader;
using PluginNode.Plugins;

namespace PluginNode.Conformance;

/// <summary>Loads a plugin as a node does: the contracts come from the host, everything else from beside the
/// plugin.</summary>
internal sealed class PrivateContext(string dll) : AssemblyLoadContext("conformance", isCollectible: true)
{
    private static readonly HashSet<string> Shared = new(StringComparer.Ordinal)
    {
        "PluginNode.Contracts",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
    };

    private readonly AssemblyDependencyResolver _resolver = new(dll);

    public IPlugin Create(string entry) =>
        (IPlugin)Activator.CreateInstance(LoadFromAssemblyPath(dll).GetType(entry, throwOnError: true)!)!;

    protected override Assembly? Load(AssemblyName assemblyName) =>
        Shared.Contains(assemblyName.Name!) ? null
        : _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
