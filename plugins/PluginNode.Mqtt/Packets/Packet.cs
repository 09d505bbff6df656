namespace PluginNode.Mqtt.Packets;

/// <summary>A control packet. Immutable; what it refers to is its own, not a network buffer's.</summary>
internal abstract class Packet
{
    public abstract PacketType Type { get; }

    public Properties Properties { get; init; } = Properties.None;
}

/// <summary>CONNECT (5.0 §3.1).</summary>
internal sealed class ConnectPacket : Packet
{
    public override PacketType Type => PacketType.Connect;

    public required MqttVersion Version { get; init; }

    public required string ClientId { get; init; }

    public bool CleanStart { get; init; }

    /// <summary>Seconds; 0 turns it off.</summary>
    public ushort KeepAlive { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    public Will? Will { get; init; }
}

/// <summary>What the broker publishes when the connection ends without DISCONNECT (5.0 §3.1.2.5).</summary>
internal sealed class Will
{
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>0 to 2.</summary>
    public byte Qos { get; init; }

    public bool Retain { get; init; }

    public Properties Properties { get; init; } = Properties.None;
}

/// <summary>CONNACK (5.0 §3.2).</summary>
internal sealed class ConnAckPacket : Packet
{
    public override PacketType Type => PacketType.ConnAck;

    public bool SessionPresent { get; init; }

    public MqttReason Reason { get; init; }
}

/// <summary>PUBLISH (5.0 §3.3).</summary>
internal sealed class PublishPacket : Packet
{
    public override PacketType Type => PacketType.Publish;

    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>0 or 1: a QoS of 2 is refused by the decoder.</summary>
    public byte Qos { get; init; }

    public bool Retain { get; init; }

    /// <summary>Set anew each time that it is sent.</summary>
    public bool Duplicate { get; set; }

    /// <summary>0 with QoS 0, and until it is sent.</summary>
    public ushort Id { get; set; }
}

/// <summary>PUBACK (5.0 §3.4).</summary>
internal sealed class PubAckPacket : Packet
{
    public override PacketType Type => PacketType.PubAck;

    public required ushort Id { get; init; }

    public MqttReason Reason { get; init; }
}

/// <summary>One filter of a SUBSCRIBE with its options (5.0 §3.8.3.1).</summary>
/// <param name="Filter">The topic filter.</param>
/// <param name="Qos">0 to 2.</param>
/// <param name="NoLocal">5.0: not what this client publishes itself.</param>
/// <param name="RetainAsPublished">5.0: the retain flag as the publisher set it.</param>
/// <param name="RetainHandling">5.0: retained messages always (0), for a new subscription (1), never (2).</param>
internal readonly record struct Subscription(
    string Filter, byte Qos, bool NoLocal = false, bool RetainAsPublished = false, byte RetainHandling = 0);

/// <summary>SUBSCRIBE (5.0 §3.8).</summary>
internal sealed class SubscribePacket : Packet
{
    public override PacketType Type => PacketType.Subscribe;

    public required ushort Id { get; init; }

    public required IReadOnlyList<Subscription> Subscriptions { get; init; }
}

/// <summary>UNSUBSCRIBE (5.0 §3.10).</summary>
internal sealed class UnsubscribePacket : Packet
{
    public override PacketType Type => PacketType.Unsubscribe;

    public required ushort Id { get; init; }

    public required IReadOnlyList<string> Filters { get; init; }
}

/// <summary>SUBACK and UNSUBACK (5.0 §3.9, §3.11). An UNSUBACK of 3.1.1 has no reasons.</summary>
internal sealed class SubAckPacket(PacketType type) : Packet
{
    public override PacketType Type { get; } = type;

    public required ushort Id { get; init; }

    public IReadOnlyList<MqttReason> Reasons { get; init; } = [];
}

/// <summary>DISCONNECT (5.0 §3.14).</summary>
internal sealed class DisconnectPacket : Packet
{
    public override PacketType Type => PacketType.Disconnect;

    public MqttReason Reason { get; init; }
}

/// <summary>PINGREQ and PINGRESP (5.0 §3.12, §3.13).</summary>
internal sealed class PingPacket : Packet
{
    public static readonly PingPacket Request = new(PacketType.PingReq);

    public static readonly PingPacket Response = new(PacketType.PingResp);

    private PingPacket(PacketType type) => Type = type;

    public override PacketType Type { get; }
}
