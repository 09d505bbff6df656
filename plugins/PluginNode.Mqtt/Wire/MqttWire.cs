namespace PluginNode.Mqtt.Wire;

/// <summary>Limits of the wire format; the README describes it.</summary>
internal static class MqttWire
{
    /// <summary>Of a packet, what is not the frames in it: fixed header, topic, properties, the head of a request, the
    /// count and one length; with some to spare.</summary>
    public const int Overhead = 512;

    /// <summary>Milliseconds that a timestamp may be off, either way, besides the time that a request's bytes
    /// take.</summary>
    public const long FreshFor = 30_000;

    /// <summary>Bytes of outcomes up to which their reasons are told too: an answer must pass every broker.</summary>
    public const int MaxReasonsBytes = 48 * 1024;

    // bytes a second that a link moves at least
    private const int MinRate = 16 * 1024;

    /// <summary>How long so many bytes may be on their way.</summary>
    public static TimeSpan TransferTime(long bytes) => TimeSpan.FromSeconds((double)bytes / MinRate);
}
