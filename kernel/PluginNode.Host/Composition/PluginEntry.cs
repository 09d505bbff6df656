using PluginNode.Loading;
using PluginNode.Plugins;

namespace PluginNode.Composition;

/// <summary>A plugin as the node uses it: what loading said of it, and what became of it since.</summary>
/// <param name="loaded">What loading said.</param>
/// <param name="logger">Told of what goes wrong later.</param>
public sealed class PluginEntry(LoadedPlugin loaded, ILogger logger)
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(20);

    /// <summary>Most faults that are kept of what it did since it was loaded: one that fails again and again says so
    /// for ever.</summary>
    private const int MostFaults = 20;

    private readonly Lock _gate = new();
    private volatile IReadOnlyList<string> _later = [];

    /// <summary>Its id.</summary>
    public string Id => loaded.Id;

    /// <summary>Its version.</summary>
    public string Version => loaded.Version;

    /// <summary><c>loaded</c>, <c>disabled</c>, <c>refused</c> or <c>faulted</c>.</summary>
    public string State => _later.Count > 0 ? "faulted" : loaded.State.ToString().ToLowerInvariant();

    /// <summary>What it registered, by contract.</summary>
    public IReadOnlyList<string> Provides => loaded.Provides;

    /// <summary>The schemes of its transports.</summary>
    public IReadOnlyList<string> Schemes { get; set; } = [];

    /// <summary>What went wrong, one line each.</summary>
    public IReadOnlyList<string> Faults => [.. loaded.Faults, .. _later];

    /// <summary>Whether its services may be used.</summary>
    public bool IsUsable => loaded.State == PluginState.Loaded && _later.Count == 0;

    /// <summary>Marks it as faulted, and says so in the log. Text only: an exception object would hold the plugin in
    /// memory. The same text again, or more than 20, are neither kept nor said. Callable from any thread.</summary>
    public void Fault(string text)
    {
        lock (_gate)
        {
            if (_later.Count >= MostFaults || _later.Contains(text, StringComparer.Ordinal)) return;
            _later = [.. _later, text];
        }
        HostLogMessages.PluginFaulted(logger, Id, State, text);
    }

    /// <summary>All services of that contract; none where it is not usable. What it throws becomes a fault.</summary>
    public IReadOnlyList<T> Services<T>() where T : class
    {
        if (!IsUsable) return [];
        try
        {
            return [.. loaded.Services!.GetServices<T>()];
        }
        catch (Exception e)
        {
            Fault($"{typeof(T).Name}: {FaultText.Of(e)}");
            return [];
        }
    }

    /// <summary>Waits for what a plugin does at its end, for twice the grace that a node's end gives.</summary>
    /// <exception cref="TimeoutException">It took too long, and may still be at it.</exception>
    public static async Task EndsAsync(Task task, TimeProvider time)
    {
        try
        {
            await task.WaitAsync(EndsWithin, time);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw new TimeoutException($"it did not end within {EndsWithin.TotalSeconds} s", e);
        }
    }

    /// <summary>Disposes its container.</summary>
    public async Task DisposeAsync(TimeProvider time)
    {
        try
        {
            await EndsAsync(loaded.DisposeAsync().AsTask(), time);
        }
        catch (Exception e)
        {
            Fault($"dispose: {FaultText.Of(e)}");
        }
    }
}
