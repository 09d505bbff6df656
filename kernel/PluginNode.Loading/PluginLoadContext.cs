using System.Reflection;
using System.Runtime.Loader;

namespace PluginNode.Loading;

/// <summary>
/// A plugin's own load context. What <see cref="Shared"/> lists comes from the host, whatever lies in the plugin's
/// folder, or its types would not be the host's types; then the plugin's own dependencies, in its own versions; then
/// the shared framework, which can be only one.
/// </summary>
internal sealed class PluginLoadContext(string mainDll)
    : AssemblyLoadContext(Path.GetFileNameWithoutExtension(mainDll), isCollectible: true)
{
    /// <summary>The assemblies that plugins share with the host.</summary>
    public static IReadOnlySet<string> Shared { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "PluginNode.Contracts",
        "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
    };

    private readonly AssemblyDependencyResolver _resolver = new(mainDll);

    protected override Assembly? Load(AssemblyName name)
    {
        if (name.Name is { } simple && Shared.Contains(simple)) return Default.LoadFromAssemblyName(name);
        return _resolver.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    // Called once for each entry point; loading the same path again gives the same handle.
    protected override nint LoadUnmanagedDll(string name) =>
        _resolver.ResolveUnmanagedDllToPath(name) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
