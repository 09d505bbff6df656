extern alias mqtt;
using System.Buffers;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using mqtt::PluginNode.Mqtt;
using mqtt::PluginNode.Mqtt.Packets;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// What comes over a connection of MQTT: a byte for the version, then packets one behind the other. Each is taken or
/// has a fault; what is taken reads the same once it is written again, and costs what its bytes allow.
/// </summary>
internal sealed class MqttPacketsTarget : FuzzTarget
{
    private const int MostBytes = 1 << 20;

    // An empty user property is five bytes of a packet and an entry of 48 in a list that doubles; 128 are taken.
    private const int Fixed = 32 * 1024;

    public override string Name => "mqtt-packets";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = ByteEdits.All;

    public override IEnumerable<Sample> Samples()
    {
        var properties = new Properties()
            .With(PropertyId.MessageExpiry, 60).With(PropertyId.ResponseTopic, "answers")
            .With(new Property(PropertyId.CorrelationData, Bytes: new byte[] { 1, 2, 3 }))
            .With(PropertyId.SubscriptionId, 300).With(new Property(PropertyId.UserProperty, Text: "n", Value: "ñ"));
        Packet publish = new PublishPacket
        {
            Topic = "a/b", Qos = 1, Id = 10, Duplicate = true, Payload = new byte[200], Properties = properties,
        };
        Packet plain = new PublishPacket { Topic = "a", Retain = true, Payload = new byte[] { 1 } };
        Packet refusal = new PubAckPacket
        {
            Id = 1, Reason = MqttReason.QuotaExceeded,
            Properties = new Properties().With(PropertyId.ReasonText, "full"),
        };
        yield return Of("publish-5", MqttVersion.V5, publish, plain);
        yield return Of("publish-311", MqttVersion.V311, new PublishPacket { Topic = "a/b", Qos = 1, Id = 10 }, plain);
        yield return Of("answers-5", MqttVersion.V5, ConnAck(), refusal, Granted(), PingPacket.Response, Ended());
        yield return Of(
            "answers-311", MqttVersion.V311, new ConnAckPacket { SessionPresent = true }, new PubAckPacket { Id = 7 },
            Granted(), new SubAckPacket(PacketType.UnsubAck) { Id = 9 }, PingPacket.Response);
        yield return Of("requests-5", MqttVersion.V5, Connect(MqttVersion.V5), Subscribe(), Unsubscribe());
        yield return Of("requests-311", MqttVersion.V311, Connect(MqttVersion.V311), PingPacket.Request);
    }

    public override Verdict Check(byte[] input)
    {
        if (input.Length == 0) return Verdict.Refused("empty");
        var version = input[0] % 2 == 0 ? MqttVersion.V5 : MqttVersion.V311;
        var rest = new ReadOnlySequence<byte>(input, 1, input.Length - 1);
        var types = new List<PacketType>();
        while (PacketFraming.TryCut(ref rest, MostBytes, out var raw, out _))
        {
            PacketFault? why = null;
            var packet = Measure.Bounded(
                Fixed + (8 * raw.Body.Length), () => PacketDecoder.Decode(raw, version, out why));
            if (packet is null)
            {
                Holds.That(why is not null, "refused without a fault");
                return Verdict.Refused($"{why!.Value.Reason}: {why.Value.Text}");
            }
            ReadsAgain(packet, version);
            types.Add(packet.Type);
        }
        return rest.IsEmpty && types.Count > 0
            ? Verdict.Took(string.Join(',', types)) : Verdict.Refused("cut off, or too large");
    }

    private static void ReadsAgain(Packet packet, MqttVersion version)
    {
        var bytes = Written(packet, version);
        var sequence = new ReadOnlySequence<byte>(bytes);
        Holds.That(PacketFraming.TryCut(ref sequence, int.MaxValue, out var raw, out _), "written again it is none");
        var again = PacketDecoder.Decode(raw, version, out var fault);
        Holds.That(again is not null, $"written again it is refused: {fault?.Text}");
        Holds.That(Written(again!, version).AsSpan().SequenceEqual(bytes), "written again it is another packet");
    }

    private static byte[] Written(Packet packet, MqttVersion version)
    {
        using var buffer = new PacketBuffer();
        PacketEncoder.Write(buffer, packet, version);
        return buffer.Written.ToArray();
    }

    private static Sample Of(string name, MqttVersion version, params Packet[] packets)
    {
        using var buffer = new PacketBuffer();
        buffer.Byte(version == MqttVersion.V5 ? 0 : 1);
        foreach (var packet in packets) PacketEncoder.Write(buffer, packet, version);
        return new Sample(name, buffer.Written.ToArray());
    }

    private static ConnAckPacket ConnAck() => new()
    {
        Properties = new Properties().With(PropertyId.ReceiveMaximum, 20).With(PropertyId.MaximumPacketSize, 2000)
            .With(PropertyId.ServerKeepAlive, 60).With(PropertyId.MaximumQos, 1)
            .With(PropertyId.AssignedClientId, "c"),
    };

    private static ConnectPacket Connect(MqttVersion version) => new()
    {
        Version = version, ClientId = "c", KeepAlive = 30, UserName = "u", Password = new byte[] { 9 },
        Will = new Will { Topic = "w", Payload = new byte[] { 1 }, Qos = 1, Retain = true },
    };

    private static SubAckPacket Granted() =>
        new(PacketType.SubAck) { Id = 3, Reasons = [MqttReason.GrantedQos1, MqttReason.Unspecified] };

    private static SubscribePacket Subscribe() => new()
    {
        Id = 4, Subscriptions = [new Subscription("a/+/#", 1, true, true, 1), new Subscription("b", 0)],
        Properties = new Properties().With(PropertyId.SubscriptionId, 7),
    };

    private static UnsubscribePacket Unsubscribe() => new() { Id = 5, Filters = ["a/+/#", "b"] };

    private static DisconnectPacket Ended() => new()
    {
        Reason = MqttReason.ServerMoved, Properties = new Properties().With(PropertyId.ServerReference, "else.test"),
    };
}
