using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace PluginNode.Loading;

/// <summary>What to load, and from where.</summary>
public sealed record PluginLoadRequest
{
    /// <summary>Every sub-folder that holds <c>&lt;Name&gt;/&lt;Name&gt;.dll</c> is a plugin. Need not exist.</summary>
    public required string PluginsFolder { get; init; }

    /// <summary>Where the private copies go, <c>&lt;id&gt;/&lt;content hash&gt;/</c>.</summary>
    public required string RunFolder { get; init; }

    /// <summary>The configuration's folder.</summary>
    public required string BaseFolder { get; init; }

    /// <summary>The node's data folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Settings by plugin id.</summary>
    public IReadOnlyDictionary<string, JsonElement> Settings { get; init; } =
        new Dictionary<string, JsonElement>(StringComparer.Ordinal);

    /// <summary>Ids that are not to be loaded.</summary>
    public IReadOnlyCollection<string> Disabled { get; init; } = [];

    /// <summary><c>any</c>, or <c>pinned</c>: only what <see cref="Pins"/> lists.</summary>
    public string Trust { get; init; } = "any";

    /// <summary>Id → content hash, 64 hexadecimal digits (see <see cref="ContentHash"/>).</summary>
    public IReadOnlyDictionary<string, string> Pins { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Hands the kernel's services into a plugin's own container.</summary>
    public required Action<IServiceCollection> AddKernelServices { get; init; }

    /// <summary>How long a plugin may take to be constructed and configured, which does no I/O. Default 30 s.</summary>
    public TimeSpan ConfigureWithin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told what is odd but harms no plugin.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
