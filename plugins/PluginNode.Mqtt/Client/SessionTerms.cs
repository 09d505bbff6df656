using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>What the broker said in CONNACK (5.0 §3.2.2.3), with the defaults for what it left out.</summary>
internal sealed record SessionTerms(
    MqttVersion Version, bool SessionPresent, int ReceiveMaximum, long MaximumPacketBytes, bool TakesRetained,
    bool TakesQos1, bool TakesSubscriptionIds, TimeSpan KeepAlive)
{
    public static SessionTerms Of(ConnAckPacket answer, MqttVersion version, MqttClientOptions options)
    {
        var p = answer.Properties;
        return new SessionTerms(
            version,
            answer.SessionPresent,
            (int)(p.Number(PropertyId.ReceiveMaximum) ?? ushort.MaxValue),
            p.Number(PropertyId.MaximumPacketSize) ?? PacketFraming.MostRemaining + 5L,
            p.Number(PropertyId.RetainAvailable) is not 0,
            p.Number(PropertyId.MaximumQos) is not 0,
            version == MqttVersion.V5 && p.Number(PropertyId.SubscriptionIdsAvailable) is not 0,
            p.Number(PropertyId.ServerKeepAlive) is { } seconds
                ? TimeSpan.FromSeconds((double)seconds)
                : TimeSpan.FromSeconds(Math.Floor(options.KeepAlive.TotalSeconds)));
    }

    /// <summary>Null, or why this broker takes no such message.</summary>
    public MqttPublishResult? Refusal(PublishPacket packet)
    {
        if (packet.Qos > 0 && !TakesQos1)
            return new MqttPublishResult(MqttReason.QosNotSupported, "the broker takes QoS 0 only");
        if (packet.Retain && !TakesRetained)
            return new MqttPublishResult(MqttReason.RetainNotSupported, "the broker takes no retained messages");
        return packet.Payload.Length > MaximumPacketBytes ? TooLarge(packet.Payload.Length) : null;
    }

    /// <summary>The same before it is in the queue; exact, but encoded only where it might be too large.</summary>
    public MqttPublishResult? RefusalBeforehand(Outgoing item)
    {
        if (Refusal(item.Packet) is { } refusal) return refusal;
        if (item.Bytes <= MaximumPacketBytes) return null;
        using var buffer = new PacketBuffer();
        PacketEncoder.Write(buffer, item.Packet, Version);
        return buffer.Length > MaximumPacketBytes ? TooLarge(buffer.Length) : null;
    }

    public MqttPublishResult TooLarge(long bytes) => new(
        MqttReason.PacketTooLarge, $"a packet of {bytes} bytes, and the broker takes {MaximumPacketBytes}");
}
