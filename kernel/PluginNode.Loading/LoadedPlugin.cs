using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Plugins;

namespace PluginNode.Loading;

/// <summary>How a plugin stands.</summary>
public enum PluginState
{
    /// <summary>It is loaded and configured.</summary>
    Loaded,

    /// <summary>The configuration disables it.</summary>
    Disabled,

    /// <summary>It may not be loaded: built against other contracts, or not pinned.</summary>
    Refused,

    /// <summary>It is broken, unsafe, or its settings are wrong.</summary>
    Faulted,

    /// <summary>It was unloaded.</summary>
    Unloaded,

    /// <summary>It was to be unloaded, but something still holds it.</summary>
    Leaked,
}

/// <summary>One plugin folder, loaded or not. Faults are text: no object of the plugin is kept in them.</summary>
public sealed class LoadedPlugin : IAsyncDisposable
{
    private PluginLoadContext? _context;
    private ServiceProvider? _services;

    internal LoadedPlugin(string id, string version, PluginState state, params IEnumerable<string> faults) =>
        (Id, Version, State, Faults, Provides) = (id, version, state, [.. faults], []);

    internal LoadedPlugin(
        PluginManifest manifest, PluginLoadContext context, ServiceProvider services, IReadOnlyList<string> provides)
        : this(manifest.Id, manifest.Version, PluginState.Loaded) =>
        (_context, _services, Provides) = (context, services, provides);

    /// <summary>Its id; the folder's name where the id could not be read.</summary>
    public string Id { get; }

    /// <summary>Its version; empty where it could not be read.</summary>
    public string Version { get; }

    /// <summary>How it stands.</summary>
    public PluginState State { get; private set; }

    /// <summary>Why it is not loaded, one line each.</summary>
    public IReadOnlyList<string> Faults { get; }

    /// <summary>The contracts that it registered, e.g. <c>ITransport</c>.</summary>
    public IReadOnlyList<string> Provides { get; }

    /// <summary>Whether it was loaded once and nothing of it is left in memory.</summary>
    public bool Unloaded => State == PluginState.Unloaded;

    /// <summary>Its own container; null unless it is loaded.</summary>
    public IServiceProvider? Services => _services;

    /// <summary>
    /// Disposes its container and unloads it. Nothing of the plugin may be referenced any more. Whether it is really
    /// gone is looked at for a bounded time: <see cref="PluginState.Unloaded"/>, else <see cref="PluginState.Leaked"/>.
    /// A second call does nothing. One thread at a time.
    /// </summary>
    /// <exception cref="PluginLoadException">
    /// The plugin threw while it was disposed; it was unloaded all the same.
    /// </exception>
    public async ValueTask DisposeAsync()
    {
        if (_services is null) return;
        var problem = await DisposeServicesAsync(_services);
        State = await IsGoneAsync(Unload()) ? PluginState.Unloaded : PluginState.Leaked;
        if (problem is not null) throw new PluginLoadException(problem);
    }

    // Text, because the exception may be of the plugin's own type and would keep it loaded.
    private static async Task<string?> DisposeServicesAsync(ServiceProvider services)
    {
        try
        {
            await services.DisposeAsync();
            return null;
        }
        catch (Exception e)
        {
            return FaultText.Of(e);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // no frame of the caller may hold the context while it is collected
    private WeakReference Unload()
    {
        var reference = new WeakReference(_context);
        _context!.Unload();
        (_context, _services) = (null, null);
        return reference;
    }

    // A disposal that ends asynchronously resumes us on top of the plugin's own frames, and those hold the plugin.
    // So every round starts on a fresh stack, and the later ones leave the other thread real time to unwind.
    private static async Task<bool> IsGoneAsync(WeakReference reference)
    {
        const int collections = 20;
        const int withoutWaiting = 5;
        for (var i = 0; i < collections && reference.IsAlive; i++)
        {
            if (i < withoutWaiting) await Task.Yield();
            else await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return !reference.IsAlive;
    }
}
