namespace PluginNode.Mqtt.Packets;

/// <summary>The return codes of a CONNACK of 3.1.1 (3.1.1 §3.2.2.3) as reasons, and back.</summary>
internal static class ReturnCodes
{
    private static readonly MqttReason[] Reasons =
    [
        MqttReason.Success, MqttReason.UnsupportedProtocolVersion, MqttReason.ClientIdNotValid,
        MqttReason.ServerUnavailable, MqttReason.BadUserNameOrPassword, MqttReason.NotAuthorized,
    ];

    public static MqttReason Read(byte code) => code < Reasons.Length ? Reasons[code] : MqttReason.Unspecified;

    /// <summary>What has no code of its own becomes "server unavailable".</summary>
    public static byte Write(MqttReason reason)
    {
        var code = Array.IndexOf(Reasons, reason);
        return code < 0 ? (byte)3 : (byte)code;
    }
}
