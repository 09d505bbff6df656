namespace PluginNode.Mqtt.Packets;

/// <summary>
/// Writes packets of either side. What it is given has been checked where it came in: texts are Unicode without U+0000,
/// topics are well-formed. With 3.1.1 what only 5.0 has is left out.
/// </summary>
internal static class PacketEncoder
{
    /// <exception cref="ArgumentException">A text, or the packet, is longer than can be written.</exception>
    public static void Write(PacketBuffer to, Packet packet, MqttVersion version)
    {
        to.Byte(FirstByte(packet));
        var begin = to.BeginPart();
        switch (packet)
        {
            case ConnectPacket connect: Connect(to, connect); break;
            case ConnAckPacket connAck: ConnAck(to, connAck, version); break;
            case PublishPacket publish: Publish(to, publish, version); break;
            case PubAckPacket ack:
                to.UInt16(ack.Id);
                ReasonAndProperties(to, ack.Reason, ack.Properties, version);
                break;
            case SubscribePacket subscribe: Subscribe(to, subscribe, version); break;
            case SubAckPacket subAck: SubAck(to, subAck, version); break;
            case UnsubscribePacket unsubscribe:
                to.UInt16(unsubscribe.Id);
                WriteProperties(to, unsubscribe.Properties, version);
                foreach (var filter in unsubscribe.Filters) to.Text(filter);
                break;
            case DisconnectPacket disconnect:
                ReasonAndProperties(to, disconnect.Reason, disconnect.Properties, version);
                break;
        }
        to.EndPart(begin);
    }

    private static int FirstByte(Packet packet)
    {
        var type = (int)packet.Type << 4;
        return packet switch
        {
            PublishPacket p => type | (p.Duplicate ? 8 : 0) | (p.Qos << 1) | (p.Retain ? 1 : 0),
            SubscribePacket or UnsubscribePacket => type | 2,
            _ => type,
        };
    }

    private static void Connect(PacketBuffer to, ConnectPacket connect)
    {
        to.Text("MQTT");
        to.Byte((int)connect.Version);
        var will = connect.Will;
        to.Byte(
            (connect.CleanStart ? 0x02 : 0) | (connect.UserName is null ? 0 : 0x80)
            | (connect.Password is null ? 0 : 0x40)
            | (will is null ? 0 : 0x04 | (will.Qos << 3) | (will.Retain ? 0x20 : 0)));
        to.UInt16(connect.KeepAlive);
        WriteProperties(to, connect.Properties, connect.Version);
        to.Text(connect.ClientId);
        if (will is not null)
        {
            WriteProperties(to, will.Properties, connect.Version);
            to.Text(will.Topic);
            to.Binary(will.Payload.Span);
        }
        if (connect.UserName is { } user) to.Text(user);
        if (connect.Password is { } password) to.Binary(password.Span);
    }

    private static void ConnAck(PacketBuffer to, ConnAckPacket connAck, MqttVersion version)
    {
        to.Byte(connAck.SessionPresent ? 1 : 0);
        to.Byte(version == MqttVersion.V5 ? (int)connAck.Reason : ReturnCodes.Write(connAck.Reason));
        WriteProperties(to, connAck.Properties, version);
    }

    private static void Publish(PacketBuffer to, PublishPacket publish, MqttVersion version)
    {
        to.Text(publish.Topic);
        if (publish.Qos > 0) to.UInt16(publish.Id);
        WriteProperties(to, publish.Properties, version);
        to.Raw(publish.Payload.Span);
    }

    private static void Subscribe(PacketBuffer to, SubscribePacket subscribe, MqttVersion version)
    {
        to.UInt16(subscribe.Id);
        WriteProperties(to, subscribe.Properties, version);
        foreach (var s in subscribe.Subscriptions)
        {
            to.Text(s.Filter);
            to.Byte(version == MqttVersion.V311 ? s.Qos
                : s.Qos | (s.NoLocal ? 4 : 0) | (s.RetainAsPublished ? 8 : 0) | (s.RetainHandling << 4));
        }
    }

    private static void SubAck(PacketBuffer to, SubAckPacket subAck, MqttVersion version)
    {
        to.UInt16(subAck.Id);
        WriteProperties(to, subAck.Properties, version);
        if (subAck.Type == PacketType.UnsubAck && version == MqttVersion.V311) return;
        foreach (var reason in subAck.Reasons) to.Byte((int)reason);
    }

    // Both are left out where they say nothing (5.0 §3.4.2.1, §3.14.2.1).
    private static void ReasonAndProperties(
        PacketBuffer to, MqttReason reason, Properties properties, MqttVersion version)
    {
        if (version == MqttVersion.V311 || (reason == MqttReason.Success && properties.Count == 0)) return;
        to.Byte((int)reason);
        if (properties.Count > 0) WriteProperties(to, properties, version);
    }

    private static void WriteProperties(PacketBuffer to, Properties properties, MqttVersion version)
    {
        if (version == MqttVersion.V311) return;
        var begin = to.BeginPart();
        foreach (var property in properties.All) Write(to, property);
        to.EndPart(begin);
    }

    private static void Write(PacketBuffer to, in Property property)
    {
        to.Byte((int)property.Id);
        switch (PropertyTable.RuleOf(property.Id).Kind)
        {
            case PropertyKind.Byte: to.Byte((int)property.Number); break;
            case PropertyKind.TwoBytes: to.UInt16((int)property.Number); break;
            case PropertyKind.FourBytes: to.UInt32(property.Number); break;
            case PropertyKind.VariableInteger: to.VariableInteger(property.Number); break;
            case PropertyKind.Text: to.Text(property.Text); break;
            case PropertyKind.Binary: to.Binary(property.Bytes.Span); break;
            case PropertyKind.Pair:
                to.Text(property.Text);
                to.Text(property.Value);
                break;
        }
    }
}
