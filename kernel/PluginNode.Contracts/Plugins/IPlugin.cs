using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace PluginNode.Plugins;

/// <summary>
/// The entry of a plugin. Its life:
/// <list type="number">
/// <item>Its metadata is read; no code runs. A wrong version, a doubled id or an unsafe folder ends here.</item>
/// <item>It is loaded from a private copy into a load context of its own, and constructed.</item>
/// <item><see cref="Configure"/> is called once: it decodes its settings and registers what it provides. No I/O.</item>
/// <item>The kernel resolves what it registered, opens a store or starts transports, and uses them.</item>
/// <item>At the end they are stopped, the plugin's container is disposed, every reference is dropped, and the load
/// context is unloaded.</item>
/// </list>
/// What a plugin throws is turned into text, changes this plugin's state only, and is never kept.
/// </summary>
public interface IPlugin
{
    /// <summary>
    /// Registers implementations of the contracts as singletons in <see cref="IPluginBuilder.Services"/>. Called on one
    /// thread, before anything else. Must not do I/O, start threads or block.
    /// </summary>
    /// <exception cref="PluginSettingsException">The settings are wrong; it names every problem at once.</exception>
    void Configure(IPluginBuilder builder);
}

/// <summary>What a plugin is configured with; not to be kept after <see cref="IPlugin.Configure"/> has
/// returned.</summary>
public interface IPluginBuilder
{
    /// <summary>
    /// The plugin's own service container. It already holds the kernel's services: <see cref="Identity.ISigner"/>,
    /// <see cref="Identity.INoiseSigner"/>, <see cref="Identity.IPeerDirectory"/>, <see cref="TimeProvider"/>,
    /// <see cref="IChance"/>, <c>ILoggerFactory</c> and <c>ILogger&lt;T&gt;</c>, <see cref="Identity.NodeInfo"/>, and
    /// of the ledger
    /// <see cref="Events.ILedger"/>, <see cref="Events.IEventWriter"/>, <see cref="Events.IEventKeys"/>,
    /// <see cref="Events.ILedgerWriter"/> and, where the node's name allows it, <see cref="Identity.INaraSigner"/>; and
    /// <see cref="Transports.IPeerRequests"/>. The ledger and requests are there once the kernel starts transports, not
    /// before: asked earlier, they throw.
    /// </summary>
    IServiceCollection Services { get; }

    /// <summary>The plugin's settings as they stand in the configuration, an empty object where there are none. To be
    /// decoded by the plugin's own source-generated context with unknown members disallowed.</summary>
    JsonElement Settings { get; }

    /// <summary>The node's configuration folder: relative paths in settings are relative to it.</summary>
    string BaseFolder { get; }

    /// <summary>The node's data folder. A record store may keep its files there; others use
    /// <see cref="PluginFolder"/>.</summary>
    string DataFolder { get; }

    /// <summary>A folder for this plugin alone, <c>data/plugins/&lt;id&gt;/</c>. It exists once the plugin is started,
    /// not yet now.</summary>
    string PluginFolder { get; }
}

/// <summary>A plugin's settings are wrong. Nothing was started.</summary>
/// <param name="problems">Each one line that names the key, relative to the plugin's settings, e.g. <c>listen: not a
/// URL</c>.</param>
public sealed class PluginSettingsException(IReadOnlyList<string> problems)
    : Exception(string.Join("; ", Lines(problems)))
{
    /// <summary>Every problem, one line each, whatever stands in the keys that it names.</summary>
    public IReadOnlyList<string> Problems { get; } = Lines(problems);

    // A key may hold control characters, and what a terminal or a log is told must not.
    private static string[] Lines(IEnumerable<string> problems) =>
        [.. problems.Select(p => string.Concat(p.Select(c => char.IsControl(c) ? '\ufffd' : c)))];
}

/// <summary>The one source of chance: everything random in kernel, stores and plugins comes from here, so that a
/// simulation can replay it. Callable from any thread.</summary>
public interface IChance
{
    /// <summary>Fills with random bytes; cryptographically strong in production.</summary>
    void Fill(Span<byte> bytes);

    /// <summary>Evenly from 0 (inclusive) to 1 (exclusive).</summary>
    double NextDouble();

    /// <summary>A new UUIDv7 (RFC 9562).</summary>
    Guid NewId();
}
