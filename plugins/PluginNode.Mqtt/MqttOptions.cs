using System.Text.Json.Serialization;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt;

/// <summary>The settings of the plugin, <c>plugins.settings.mqtt</c>.</summary>
public sealed record MqttOptions
{
    // Settable, not init-only: generated deserialization sets every init-only property, so that defaults would be lost.

    /// <summary>The broker: <c>mqtt://host[:port]</c> (port 1883), or <c>mqtts://host[:port]</c> (8883) for TLS. Empty,
    /// the default: the plugin does nothing.</summary>
    public string Broker { get; set; } = "";

    /// <summary><c>auto</c>: 5.0, and 3.1.1 where the broker does not take that; or one of <c>5.0</c> and
    /// <c>3.1.1</c>.</summary>
    public string Protocol { get; set; } = "auto";

    /// <summary>Names this node to the broker, which has one connection of that name: 1 to 65 535 bytes without control
    /// characters. Default: <c>pluginnode-</c> and the peer id.</summary>
    public string? ClientId { get; set; }

    /// <summary>The user's name, where the broker asks for one.</summary>
    public string? User { get; set; }

    /// <summary>A file with the user's password, mode 0600; a line break at its end is not a part of it. Relative to
    /// the configuration.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The authorities that the broker's certificate must come from, in PEM. Default: the system's.</summary>
    public string? CaFile { get; set; }

    /// <summary>This node's certificate in PEM, where the broker asks for one; with <see cref="KeyFile"/>.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>The private key of <see cref="CertificateFile"/> in PEM, mode 0600.</summary>
    public string? KeyFile { get; set; }

    /// <summary>How long the connection may be silent until the broker is pinged, and as long again until it is given
    /// up, about; <c>1s</c> to <c>10m</c>.</summary>
    public string KeepAlive { get; set; } = "30s";

    /// <summary>How long connecting may take, <c>100ms</c> to <c>1m</c>.</summary>
    public string ConnectTimeout { get; set; } = "5s";

    /// <summary>How long one request may take until its outcomes are known, <c>100ms</c> to <c>50s</c>, besides a
    /// second for each 16 KiB of it. The kernel would leave a longer one behind.</summary>
    public string SendTimeout { get; set; } = "10s";

    /// <summary>The largest packet that is sent and taken, in bytes, 65 536 to 268 435 455. Peers are told.</summary>
    public int MaxPacketBytes { get; set; } = 17 << 20;

    /// <summary>Bytes that wait to be sent to the broker or to be acknowledged by it, about, 65 536 to 1 073 741 824;
    /// who comes later waits. A single request always has room.</summary>
    public int MaxQueuedBytes { get; set; } = 32 << 20;

    /// <summary>Whether this node says at the broker, to the nara network, that it came and went: signed events with
    /// its name and key. Default true.</summary>
    public bool Presence { get; set; } = true;

    internal BrokerAddress? Address => BrokerAddress.TryParse(Broker, out var address) ? address : null;

    internal TimeSpan KeepAliveTime => TimeOf(KeepAlive);

    internal TimeSpan ConnectLimit => TimeOf(ConnectTimeout);

    internal TimeSpan SendLimit => TimeOf(SendTimeout);

    internal MqttProtocol? Versions => Protocol switch
    {
        "auto" => MqttProtocol.V5ThenV311,
        "5.0" => MqttProtocol.V5,
        "3.1.1" => MqttProtocol.V311,
        _ => null,
    };

    /// <summary>Every problem, each a line that begins with the key.</summary>
    public IEnumerable<string> Validate()
    {
        var broker = Broker is null ? null : Address;
        if (Broker is null || (Broker.Length > 0 && broker is null))
            yield return "broker: needs mqtt://<host>[:<port>] or mqtts://<host>[:<port>], or \"\" for none";
        if (Versions is null) yield return "protocol: needs auto, 5.0 or 3.1.1";
        if (ClientId is { } id && !IsName(id))
            yield return "clientId: needs 1 to 65535 bytes without control characters";
        if (User is { } user && !IsName(user))
            yield return "user: needs 1 to 65535 bytes without control characters";
        foreach (var problem in ProblemsOfFiles(broker)) yield return problem;
        if (!IsTime(KeepAlive, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)))
            yield return "keepAlive: needs a duration from 1s to 10m, e.g. 30s";
        if (!IsTime(ConnectTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)))
            yield return "connectTimeout: needs a duration from 100ms to 1m, e.g. 5s";
        if (!IsTime(SendTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(50)))
            yield return "sendTimeout: needs a duration from 100ms to 50s, e.g. 10s";
        if (MaxPacketBytes is < 65_536 or > PacketFraming.MostRemaining)
            yield return $"maxPacketBytes: needs 65536 to {PacketFraming.MostRemaining}";
        if (MaxQueuedBytes is < 65_536 or > 1 << 30)
            yield return "maxQueuedBytes: needs 65536 to 1073741824";
    }

    private static bool IsName(string text) =>
        text.Length > 0 && !text.Any(char.IsControl) && TopicText.ProblemOfText(text) is null;

    private static TimeSpan TimeOf(string text) => Durations.TryParse(text, out var time) ? time : default;

    private static bool IsTime(string? text, TimeSpan least, TimeSpan most) =>
        Durations.TryParse(text, out var time) && time >= least && time <= most;

    private IEnumerable<string> ProblemsOfFiles(BrokerAddress? broker)
    {
        (string Key, string? Path)[] files =
        [
            ("passwordFile", PasswordFile), ("caFile", CaFile), ("certificateFile", CertificateFile),
            ("keyFile", KeyFile),
        ];
        foreach (var (key, path) in files)
            if (path is not null && string.IsNullOrWhiteSpace(path)) yield return $"{key}: needs the path of a file";
        if (PasswordFile is not null && User is null) yield return "passwordFile: needs user beside it";
        if (CertificateFile is not null && KeyFile is null) yield return "certificateFile: needs keyFile beside it";
        if (KeyFile is not null && CertificateFile is null) yield return "keyFile: needs certificateFile beside it";
        foreach (var (key, path) in files.Skip(1))
            if (path is not null && broker is { IsSecure: false }) yield return $"{key}: needs a broker of mqtts://";
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MqttOptions))]
internal sealed partial class MqttJson : JsonSerializerContext;
