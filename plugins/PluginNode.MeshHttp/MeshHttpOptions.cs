using System.Globalization;
using System.Text.Json.Serialization;

namespace PluginNode.MeshHttp;

/// <summary>The settings of the mesh HTTP transport.</summary>
public sealed record MeshHttpOptions
{
    /// <summary>Where to listen, an http URL without a path; port 0: any free one; empty: nowhere. Default
    /// <c>http://127.0.0.1:7433</c>.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:7433";

    /// <summary>The name that <c>/ping</c> answers with; empty: the peer id. Default empty.</summary>
    public string Name { get; set; } = "";

    /// <summary>Seconds that a request may take, its answer included, 1 to 300. Default 15.</summary>
    public int SendTimeoutSeconds { get; set; } = 15;

    /// <summary>Seconds that connecting may take, 1 to 60. Default 5.</summary>
    public int ConnectTimeoutSeconds { get; set; } = 5;

    /// <summary>Most bytes of a batch, 65 536 to 268 435 456. Default 25 165 824 (24 MiB).</summary>
    public int MaxBatchBytes { get; set; } = 24 << 20;

    /// <summary>Most bytes of batches being received at once; what is over waits. At least one batch. Default 100 663 296
    /// (96 MiB).</summary>
    public long MaxReceivingBytes { get; set; } = 96L << 20;

    /// <summary>Most connections that are accepted at once, 1 to 100 000. Default 1 000.</summary>
    public int MaxConnections { get; set; } = 1000;

    /// <summary>Every problem of these settings.</summary>
    public IEnumerable<string> Validate()
    {
        if (Listen.Length > 0 && (!Uri.TryCreate(Listen, UriKind.Absolute, out var url) || url.Scheme != "http"
            || url.PathAndQuery != "/"))
            yield return $"listen: '{Listen}' is no http URL without a path, e.g. http://127.0.0.1:7433";
        if (SendTimeoutSeconds is < 1 or > 300) yield return "sendTimeoutSeconds: must be 1 to 300";
        if (ConnectTimeoutSeconds is < 1 or > 60) yield return "connectTimeoutSeconds: must be 1 to 60";
        if (MaxBatchBytes is < 65_536 or > 268_435_456) yield return "maxBatchBytes: must be 65536 to 268435456";
        if (MaxReceivingBytes < MaxBatchBytes)
            yield return string.Create(CultureInfo.InvariantCulture, $"maxReceivingBytes: must be at least maxBatchBytes ({MaxBatchBytes})");
        if (MaxConnections is < 1 or > 100_000) yield return "maxConnections: must be 1 to 100000";
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MeshHttpOptions))]
internal sealed partial class MeshHttpJson : JsonSerializerContext;
