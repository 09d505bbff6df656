using System.Text.Json.Serialization;
using PluginNode.MeshHttp.Server;

namespace PluginNode.MeshHttp;

/// <summary>The settings of the plugin, <c>plugins.settings.mesh-http</c>.</summary>
public sealed record MeshHttpOptions
{
    // Settable, not init-only: generated deserialization sets every init-only property, so that defaults would be lost.

    /// <summary>Where to listen: <c>http://</c>, an IP address, <c>localhost</c> or <c>*</c>, and a port.
    /// Port 0 takes a free one. Empty: this node sends only.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:7433";

    /// <summary>What <c>/ping</c> answers as <c>from</c>, 1 to 63 characters without control characters, <c>/</c>,
    /// <c>+</c> and <c>#</c>, which names of topics cannot hold. Default: the peer id.</summary>
    public string? Name { get; set; }

    /// <summary>How long one request may take until its outcomes are known, <c>100ms</c> to <c>50s</c>, besides a
    /// second for each 16 KiB of its body. The kernel would leave a longer one behind.</summary>
    public string SendTimeout { get; set; } = "10s";

    /// <summary>How long connecting may take, <c>100ms</c> to <c>10m</c>.</summary>
    public string ConnectTimeout { get; set; } = "3s";

    /// <summary>The largest request body that is sent and taken, in bytes, 4 096 to 1 073 741 824. For a peer that
    /// takes less, batches are cut smaller; a single frame that is larger is refused.</summary>
    public int MaxBatchBytes { get; set; } = 24 << 20;

    /// <summary>Connections taken at once, 1 to 65 535; a further one is closed.</summary>
    public int MaxConnections { get; set; } = 256;

    /// <summary>Connections taken at once from one remote address, 1 to 65 535; a further one is closed. A node opens
    /// 8 to another at most.</summary>
    public int MaxConnectionsPerAddress { get; set; } = 64;

    /// <summary>The largest answer to a neighbour that syncs events, in bytes before compression, about: 65 536 to
    /// 67 108 864. What does not fit comes with the next page.</summary>
    public int MaxSyncBytes { get; set; } = 8 << 20;

    /// <summary>Sync calls that one neighbour may make a second, over two seconds; 1 to 100 000.</summary>
    public int SyncCallsPerSecond { get; set; } = 50;

    internal TimeSpan SendLimit => Durations.TryParse(SendTimeout, out var limit) ? limit : default;

    internal TimeSpan ConnectLimit => Durations.TryParse(ConnectTimeout, out var limit) ? limit : default;

    /// <summary>Every problem, each a line that begins with the key.</summary>
    public IEnumerable<string> Validate()
    {
        if (Listen is null || (Listen.Length > 0 && !ListenAddress.TryParse(Listen, out _)))
            yield return "listen: needs http://<IP address, localhost or *>:<port>, or \"\" not to listen";
        if (Name is { } name && (name.Length is 0 or > 63 || name.Any(IsOfNoTopic)))
            yield return "name: needs 1 to 63 characters, none of them a control character, '/', '+' or '#'";
        if (!IsLimit(SendTimeout, TimeSpan.FromSeconds(50)))
            yield return "sendTimeout: needs a duration from 100ms to 50s, e.g. 10s";
        if (!IsLimit(ConnectTimeout, TimeSpan.FromMinutes(10)))
            yield return "connectTimeout: needs a duration from 100ms to 10m, e.g. 3s";
        if (MaxBatchBytes is < 4096 or > 1 << 30)
            yield return "maxBatchBytes: needs 4096 to 1073741824";
        if (MaxConnections is < 1 or > 65_535)
            yield return "maxConnections: needs 1 to 65535";
        if (MaxConnectionsPerAddress is < 1 or > 65_535)
            yield return "maxConnectionsPerAddress: needs 1 to 65535";
        if (MaxSyncBytes is < 65_536 or > 64 << 20)
            yield return "maxSyncBytes: needs 65536 to 67108864";
        if (SyncCallsPerSecond is < 1 or > 100_000)
            yield return "syncCallsPerSecond: needs 1 to 100000";
    }

    private static bool IsOfNoTopic(char c) => char.IsControl(c) || c is '/' or '+' or '#';

    private static bool IsLimit(string? text, TimeSpan most) => Durations.TryParse(text, out var limit)
        && limit >= TimeSpan.FromMilliseconds(100) && limit <= most;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MeshHttpOptions))]
[JsonSerializable(typeof(PingAnswer))]
internal sealed partial class MeshHttpJson : JsonSerializerContext;
