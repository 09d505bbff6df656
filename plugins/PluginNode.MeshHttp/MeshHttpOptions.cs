using System.Text.Json.Serialization;

namespace PluginNode.MeshHttp;

/// <summary>The settings of the plugin, <c>plugins.settings.mesh-http</c>.</summary>
public sealed record MeshHttpOptions
{
    // Settable, not init-only: generated deserialization sets every init-only property, so that defaults would be lost.

    /// <summary>Where to listen: <c>http://</c>, an IP address, <c>localhost</c> or <c>*</c>, and a port.
    /// Port 0 takes a free one. Empty: this node sends only.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:7433";

    /// <summary>What <c>/ping</c> answers as <c>from</c>, at most 63 characters. Default: the peer id.</summary>
    public string? Name { get; set; }

    /// <summary>How long one request may take until its outcomes are known, <c>100ms</c> to <c>10m</c>.</summary>
    public string SendTimeout { get; set; } = "10s";

    /// <summary>How long connecting may take, <c>100ms</c> to <c>10m</c>.</summary>
    public string ConnectTimeout { get; set; } = "3s";

    /// <summary>The largest request body that is sent and taken, in bytes, 4 096 to 1 073 741 824. Both ends need the
    /// same value, as a larger batch than the receiver takes is never delivered.</summary>
    public int MaxBatchBytes { get; set; } = 24 << 20;

    /// <summary>Connections taken at once, 1 to 65 535; a further one is closed.</summary>
    public int MaxConnections { get; set; } = 256;

    internal TimeSpan SendLimit => Durations.TryParse(SendTimeout, out var limit) ? limit : default;

    internal TimeSpan ConnectLimit => Durations.TryParse(ConnectTimeout, out var limit) ? limit : default;

    /// <summary>Every problem, each a line that begins with the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (Listen is null || (Listen.Length > 0 && !ListenAddress.TryParse(Listen, out _)))
            yield return "listen: needs http://<IP address, localhost or *>:<port>, or \"\" not to listen";
        if (Name is { } name && (name.Length is 0 or > 63 || name.Any(char.IsControl)))
            yield return "name: needs 1 to 63 characters without control characters";
        if (!IsLimit(SendTimeout))
            yield return "sendTimeout: needs a duration from 100ms to 10m, e.g. 10s";
        if (!IsLimit(ConnectTimeout))
            yield return "connectTimeout: needs a duration from 100ms to 10m, e.g. 3s";
        if (MaxBatchBytes is < 4096 or > 1 << 30)
            yield return "maxBatchBytes: needs 4096 to 1073741824";
        if (MaxConnections is < 1 or > 65_535)
            yield return "maxConnections: needs 1 to 65535";
    }

    private static bool IsLimit(string? text) => Durations.TryParse(text, out var limit)
        && limit >= TimeSpan.FromMilliseconds(100) && limit <= TimeSpan.FromMinutes(10);
}

/// <summary>What <c>GET /ping</c> answers.</summary>
/// <param name="T">The wall clock, in nanoseconds since 1970.</param>
/// <param name="From">The node's name for people, or its peer id.</param>
internal sealed record PingAnswer(long T, string From);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MeshHttpOptions))]
[JsonSerializable(typeof(PingAnswer))]
internal sealed partial class MeshHttpJson : JsonSerializerContext;
