using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>The CONNECT that options ask for.</summary>
internal static class Greeting
{
    /// <param name="options">How to connect.</param>
    /// <param name="version">What is spoken.</param>
    /// <param name="keepsWill">Whether the broker may be asked to keep the will.</param>
    public static ConnectPacket Of(MqttClientOptions options, MqttVersion version, bool keepsWill)
    {
        var properties = new Properties()
            .With(PropertyId.ReceiveMaximum, (uint)options.ReceiveMaximum)
            .With(PropertyId.MaximumPacketSize, (uint)options.MaximumPacketBytes);
        if (options.SessionExpiry > TimeSpan.Zero)
            properties.With(PropertyId.SessionExpiry, (uint)Math.Ceiling(options.SessionExpiry.TotalSeconds));
        return new ConnectPacket
        {
            Version = version,
            ClientId = options.ClientId,
            CleanStart = options.SessionExpiry == TimeSpan.Zero,
            KeepAlive = (ushort)options.KeepAlive.TotalSeconds,
            UserName = options.UserName,
            // 3.1.1 has none without a user name (3.1.1 §3.1.2.9).
            Password = version == MqttVersion.V311 && options.UserName is null ? null : options.Password,
            Will = options.Will is { } will
                ? MessageParts.ToWill(will with { Retain = will.Retain && keepsWill }, options.WillDelay) : null,
            Properties = properties,
        };
    }
}
