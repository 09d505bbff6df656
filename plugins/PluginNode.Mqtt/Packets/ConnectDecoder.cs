namespace PluginNode.Mqtt.Packets;

/// <summary>Reads CONNECT and CONNACK (5.0 §3.1, §3.2).</summary>
internal static class ConnectDecoder
{
    public static ConnectPacket? Connect(ref BodyReader body)
    {
        var name = body.Text("the protocol name");
        var version = (MqttVersion)body.Byte("the protocol version");
        if (body.Fault is null && (name != "MQTT" || version is not (MqttVersion.V5 or MqttVersion.V311)))
            body.Fail(MqttReason.UnsupportedProtocolVersion, "neither MQTT 5.0 nor 3.1.1");
        var flags = body.Byte("the flags");
        if ((flags & 1) != 0) body.Malformed("CONNECT with the reserved flag");
        var keepAlive = body.UInt16("the keep-alive");
        var properties = PropertiesOf(ref body, 1 << (int)PacketType.Connect, version);
        var clientId = body.Text("the client id");
        var will = WillOf(ref body, flags, version);
        var user = (flags & 0x80) != 0 ? body.Text("the user name") : null;
        ReadOnlyMemory<byte>? password = null; // of another type in a conditional, null would become an empty one
        if ((flags & 0x40) != 0) password = body.Binary("the password");
        if (password is not null && user is null && version == MqttVersion.V311)
            body.Malformed("a password without a user name");
        return body.Fault is not null ? null : new ConnectPacket
        {
            Version = version, ClientId = clientId, CleanStart = (flags & 2) != 0, KeepAlive = keepAlive,
            UserName = user, Password = password, Will = will, Properties = properties,
        };
    }

    private static Will? WillOf(ref BodyReader body, int flags, MqttVersion version)
    {
        var qos = (byte)((flags >> 3) & 3);
        if ((flags & 4) == 0)
        {
            if ((flags & 0x38) != 0) body.Malformed("flags of a will that is not there");
            return null;
        }
        if (qos == 3) body.Malformed("a will with a QoS of 3");
        var properties = PropertiesOf(ref body, PropertyTable.InWill, version);
        var topic = body.Text("the will's topic");
        var payload = body.Binary("the will's payload");
        if (body.Fault is null) PacketDecoder.CheckMessage(ref body, topic, properties);
        return new Will
        {
            Topic = topic, Payload = payload, Qos = qos, Retain = (flags & 0x20) != 0, Properties = properties,
        };
    }

    public static ConnAckPacket ConnAck(ref BodyReader body, MqttVersion version)
    {
        // A broker that knows 3.1.1 only answers a CONNECT of 5.0 in its own form, which has no properties.
        var older = version == MqttVersion.V311 || body.Remaining == 2;
        var flags = body.Byte("the flags");
        var code = body.Byte("the reason");
        var reason = older ? ReturnCodes.Read(code) : (MqttReason)code;
        if (flags > 1) body.Malformed($"CONNACK with the flags {flags}");
        if (flags == 1 && reason != MqttReason.Success) body.Malformed("a refusal with a session");
        return new ConnAckPacket
        {
            SessionPresent = flags == 1, Reason = reason,
            Properties = older ? Properties.None : PropertyReader.Read(ref body, 1 << (int)PacketType.ConnAck),
        };
    }

    private static Properties PropertiesOf(ref BodyReader body, int place, MqttVersion version) =>
        version == MqttVersion.V5 ? PropertyReader.Read(ref body, place) : Properties.None;
}
