namespace PluginNode.MeshHttp.Wire;

/// <summary>Names and limits of the wire format; the README describes it.</summary>
internal static class MeshWire
{
    /// <summary>The scheme of the addresses.</summary>
    public const string Scheme = "mesh+http";

    public const string FramesPath = "/pluginnode/frames";
    public const string PingPath = "/ping";
    public const string Method = "POST";

    public const string From = "X-PluginNode-From";
    public const string To = "X-PluginNode-To";
    public const string Nonce = "X-PluginNode-Nonce";
    public const string Timestamp = "X-PluginNode-Timestamp";
    public const string Clock = "X-PluginNode-Clock";
    public const string Digest = "X-PluginNode-Digest";
    public const string MaxBatch = "X-PluginNode-Max-Batch";
    public const string Signature = "X-PluginNode-Signature";

    public const string RequestUse = "mesh-request";
    public const string ResponseUse = "mesh-response";

    public const int NonceBytes = 16;
    public const int DigestBytes = 32;

    /// <summary>Milliseconds that a timestamp may be off, either way.</summary>
    public const long FreshFor = 30_000;

    /// <summary>Bytes a second that a request's body must make on the whole. One figure for both ends: the sender waits
    /// as long as the receiver goes on reading.</summary>
    public const int MinBodyRate = 16 * 1024;

    /// <summary>The status of a signed answer whose body is the time to sign with: 8 bytes,
    /// milliseconds since 1970.</summary>
    public const int ClockStatus = 425;

    /// <summary>How long a body of so many bytes may be on its way.</summary>
    public static TimeSpan BodyTime(long bytes) => TimeSpan.FromSeconds((double)bytes / MinBodyRate);
}
