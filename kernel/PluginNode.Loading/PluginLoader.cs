using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Plugins;

namespace PluginNode.Loading;

/// <summary>
/// Finds the plugins of a folder and loads each into a context of its own. A plugin that is wrong in any way changes
/// its own state only.
/// </summary>
public static class PluginLoader
{
    private static readonly Version HostContracts = typeof(IPlugin).Assembly.GetName().Version!;

    /// <summary>Loads what there is, in ordinal order of the folder names. Called once, on one thread.</summary>
    /// <exception cref="ArgumentException">The trust is neither <c>any</c> nor <c>pinned</c>.</exception>
    /// <exception cref="IOException">The plugins folder or the run folder cannot be used at all.</exception>
    public static IReadOnlyList<LoadedPlugin> Load(PluginLoadRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Trust is not ("any" or "pinned")) // anything else must not quietly mean that all are trusted
            throw new ArgumentException($"Trust is 'any' or 'pinned', not '{request.Trust}'.", nameof(request));
        var plugins = new List<LoadedPlugin>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        if (!Directory.Exists(request.PluginsFolder)) return plugins;
        foreach (var folder in Directory.EnumerateDirectories(request.PluginsFolder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(folder);
            var dll = Path.Combine(folder, name + ".dll");
            plugins.Add(File.Exists(dll)
                ? Load(folder, name, dll, request, ids)
                : new LoadedPlugin(
                    name, "", PluginState.Faulted, $"There is no {name}.dll in {folder}: not a plugin."));
        }
        return plugins;
    }

    private static LoadedPlugin Load(
        string folder, string name, string dll, PluginLoadRequest request, HashSet<string> ids)
    {
        PluginManifest manifest;
        try
        {
            manifest = ManifestReader.Read(dll);
        }
        catch (PluginLoadException e)
        {
            return new LoadedPlugin(name, "", PluginState.Faulted, e.Message);
        }
        var (id, version) = (manifest.Id, manifest.Version);
        var isFirst = ids.Add(id);
        if (request.Disabled.Contains(id)) return new LoadedPlugin(id, version, PluginState.Disabled);
        if (!isFirst)
            return new LoadedPlugin(
                id, version, PluginState.Faulted, $"Another plugin has the id '{id}' too; {folder} is left out.");
        if (VersionProblem(manifest) is { } mismatch)
            return new LoadedPlugin(id, version, PluginState.Refused, mismatch);
        try
        {
            if (FolderSafety.Problem(folder) is { } unsafeFolder)
                return new LoadedPlugin(id, version, PluginState.Faulted, unsafeFolder);
            var hash = ContentHash.Of(folder);
            if (PinProblem(id, hash, request) is { } pin)
                return new LoadedPlugin(id, version, PluginState.Refused, pin);
            var copy = ShadowCopy.Make(folder, request.RunFolder, id, hash);
            ShadowCopy.RemoveOthers(request.RunFolder, id, hash, request.Logger);
            return Start(manifest, Path.Combine(copy, name + ".dll"), request);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PluginLoadException)
        {
            return new LoadedPlugin(id, version, PluginState.Faulted, e.Message);
        }
    }

    private static LoadedPlugin Start(PluginManifest manifest, string dll, PluginLoadRequest request)
    {
        PluginLoadContext? context = null;
        try
        {
            context = new PluginLoadContext(dll); // throws where the plugin's .deps.json is damaged
            var assembly = context.LoadFromAssemblyPath(dll);
            var type = assembly.GetType(manifest.EntryType, throwOnError: false);
            if (type is null || !typeof(IPlugin).IsAssignableFrom(type))
                throw new PluginLoadException($"Its entry '{manifest.EntryType}' is no type that implements IPlugin.");
            var services = new ServiceCollection();
            request.AddKernelServices(services);
            var ofKernel = new HashSet<ServiceDescriptor>(services, ReferenceEqualityComparer.Instance);
            var settings = request.Settings.TryGetValue(manifest.Id, out var given) ? given : Empty();
            var builder = new PluginBuilder(
                services, settings, request.BaseFolder, request.DataFolder,
                Path.Combine(request.DataFolder, "plugins", manifest.Id));
            Configure(type, builder, request.ConfigureWithin);
            var provides = services.Where(s => !ofKernel.Contains(s)).Select(s => s.ServiceType)
                .Where(t => t.Assembly == typeof(IPlugin).Assembly).Select(t => t.Name)
                .Distinct(StringComparer.Ordinal).ToList();
            if (provides.Count == 0)
                throw new PluginLoadException("It provides nothing: it registered none of the contracts.");
            return new LoadedPlugin(manifest, context, services.BuildServiceProvider(), provides);
        }
        catch (Exception e)
        {
            context?.Unload();
            return new LoadedPlugin(manifest.Id, manifest.Version, PluginState.Faulted, Faults(manifest.Id, e));
        }
    }

    // On a thread of its own: one that never comes back holds up neither the node nor its end.
    private static void Configure(Type entry, PluginBuilder builder, TimeSpan within)
    {
        ExceptionDispatchInfo? thrown = null;
        var thread = new Thread(() =>
        {
            try
            {
                ((IPlugin)Activator.CreateInstance(entry)!).Configure(builder);
            }
            catch (Exception e)
            {
                thrown = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true, Name = "plugin configuration",
        };
        thread.Start();
        if (!thread.Join(within))
            throw new PluginLoadException($"It did not come back from being configured within {within}.");
        thrown?.Throw();
    }

    // What a plugin throws becomes text here: the object would keep its context alive.
    private static IEnumerable<string> Faults(string id, Exception e)
    {
        if (e is TargetInvocationException { InnerException: { } inner }) e = inner;
        return e switch
        {
            PluginSettingsException settings => [.. settings.Problems.Select(p => $"plugins.settings.{id}.{p}")],
            PluginLoadException => [e.Message],
            _ => [$"It failed while it was configured: {FaultText.Of(e)}"],
        };
    }

    private static string? VersionProblem(PluginManifest manifest)
    {
        if (manifest.Contracts is not { } built) return "It does not reference PluginNode.Contracts.";
        return built.Major == HostContracts.Major && built.Minor <= HostContracts.Minor
            ? null
            : $"It was built against PluginNode.Contracts {built.ToString(3)}, "
                + $"and this node has {HostContracts.ToString(3)}: "
                + "the major version must be the same, and the minor one no newer. Install a fitting version of one.";
    }

    private static string? PinProblem(string id, string hash, PluginLoadRequest request)
    {
        if (request.Trust != "pinned") return null;
        if (!request.Pins.TryGetValue(id, out var pin))
            return $"plugins.trust is 'pinned' and plugins.pins does not list '{id}'. Its content hash is {hash}.";
        return string.Equals(pin, hash, StringComparison.OrdinalIgnoreCase)
            ? null : $"plugins.pins.{id} is {pin}, but its content hash is {hash}.";
    }

    private static JsonElement Empty()
    {
        using var document = JsonDocument.Parse("{}");
        return document.RootElement.Clone();
    }
}
