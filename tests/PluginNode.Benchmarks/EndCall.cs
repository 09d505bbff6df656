using System.Text.Json.Serialization;

namespace PluginNode.Benchmarks;

/// <summary>What an end is told to do: one line of JSON on its standard input. tests/interop/bench.mjs takes
/// the same.</summary>
/// <param name="Do">The command.</param>
internal sealed record EndCall(string Do)
{
    /// <summary>The other end's, as it said when it was told to listen.</summary>
    public string Address { get; init; } = "";

    /// <summary>How long to go on.</summary>
    public double Seconds { get; init; }

    /// <summary>Streams, or connections, that are used at once.</summary>
    public int Streams { get; init; } = 1;

    /// <summary>Messages that are on their way at once on each of them.</summary>
    public int Window { get; init; } = 1;

    /// <summary>MQTT: messages that are sent, or waited for.</summary>
    public int Count { get; init; }

    /// <summary>MQTT: bytes of each of them.</summary>
    public int Bytes { get; init; }

    /// <summary>MQTT: their topic.</summary>
    public string Topic { get; init; } = "";

    /// <summary>MQTT: 0 or 1.</summary>
    public int Qos { get; init; }
}

/// <summary>What came of it: one line of JSON on standard output.</summary>
internal sealed record EndAnswer
{
    /// <summary>Null where it went well.</summary>
    public string? Error { get; init; }

    /// <summary>Where its libp2p host listens, with its id.</summary>
    public string Libp2p { get; init; } = "";

    /// <summary>Where it takes plain connections; empty where it does not.</summary>
    public string Tcp { get; init; } = "";

    /// <summary>Where it takes frames; empty where it does not.</summary>
    public string Frames { get; init; } = "";

    /// <summary>Messages, bytes or handshakes that were done.</summary>
    public double Count { get; init; }

    /// <summary>How long they took.</summary>
    public double Seconds { get; init; }

    /// <summary>Median of the round trips, in microseconds.</summary>
    public double P50 { get; init; }

    /// <summary>The round trip that one in a hundred is longer than, in microseconds.</summary>
    public double P99 { get; init; }

    /// <summary>Bytes that the process has allocated since it began; 0 where it cannot tell.</summary>
    public double Allocated { get; init; }

    /// <summary>Microseconds of all cores that the process has used since it began.</summary>
    public double Cpu { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EndCall))]
[JsonSerializable(typeof(EndAnswer))]
internal sealed partial class EndJson : JsonSerializerContext;
