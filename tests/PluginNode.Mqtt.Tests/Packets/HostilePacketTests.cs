using System.Buffers;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Tests.Packets;

/// <summary>Bytes that no packet may have: each has a reason, and nothing is thrown.</summary>
[TestFixture]
internal sealed class HostilePacketTests
{
    // the length
    [TestCase("30FFFFFFFF7F", MqttReason.MalformedPacket, "the remaining length is no such number")]
    [TestCase("308000", MqttReason.MalformedPacket, "the remaining length is no such number")]
    // types and flags
    [TestCase("0000", MqttReason.MalformedPacket, "there is no packet of type 0")]
    [TestCase("C100", MqttReason.MalformedPacket, "PingReq with the flags 1")]
    [TestCase("8008000A000003612F6200", MqttReason.MalformedPacket, "Subscribe with the flags 0")]
    [TestCase("F000", MqttReason.BadAuthenticationMethod, "extended authentication was not asked for")]
    [TestCase("5002000A", MqttReason.QosNotSupported, "QoS 2 is not spoken")]
    [TestCase("C00100", MqttReason.MalformedPacket, "1 bytes are left over")]
    // PUBLISH
    [TestCase("34080003612F62000A00", MqttReason.QosNotSupported, "QoS 2 is not taken")]
    [TestCase("36080003612F62000A00", MqttReason.MalformedPacket, "PUBLISH with a QoS of 3")]
    [TestCase("38060003612F6200", MqttReason.MalformedPacket, "PUBLISH of QoS 0 with the DUP flag")]
    [TestCase("32080003612F62000000", MqttReason.MalformedPacket, "a packet id of 0")]
    [TestCase("30060003612F2300", MqttReason.TopicNameInvalid, "a topic that is published to has no wildcards")]
    [TestCase("3003000000", MqttReason.TopicNameInvalid, "a topic has at least one character")]
    [TestCase("30020009", MqttReason.MalformedPacket, "the topic is cut off")]
    [TestCase("3003000161", MqttReason.MalformedPacket, "the length of the properties is cut off")]
    // texts: overlong, surrogate, U+0000, cut in a character
    [TestCase("30050002C08000", MqttReason.MalformedPacket, "the topic is no UTF-8 text")]
    [TestCase("30060003EDA08000", MqttReason.MalformedPacket, "the topic is no UTF-8 text")]
    [TestCase("300400010000", MqttReason.MalformedPacket, "the topic is no UTF-8 text")]
    [TestCase("30050002F09F00", MqttReason.MalformedPacket, "the topic is no UTF-8 text")]
    // properties
    [TestCase("300400016105", MqttReason.MalformedPacket, "the properties are cut off")]
    [TestCase("30060001610204FF", MqttReason.MalformedPacket, "there is no property 4")]
    [TestCase("300900016105110000000A", MqttReason.ProtocolError,
        "the property SessionExpiry may not stand in this packet")]
    [TestCase("3008000161040100" + "0100", MqttReason.ProtocolError, "the property PayloadFormat is there twice")]
    [TestCase("3006000161020B00", MqttReason.ProtocolError, "the property SubscriptionId may not be 0")]
    [TestCase("300700016103230001", MqttReason.TopicAliasInvalid, "the topic alias 1, and none are taken")]
    [TestCase("3006000161" + "01" + "01" + "00", MqttReason.MalformedPacket, "the properties end in the middle of one")]
    // CONNACK
    [TestCase("2003020000", MqttReason.MalformedPacket, "CONNACK with the flags 2")]
    [TestCase("2003018700", MqttReason.MalformedPacket, "a refusal with a session")]
    [TestCase("20060000032100" + "00", MqttReason.ProtocolError, "the property ReceiveMaximum may not be 0")]
    [TestCase("2008000005270000" + "0000", MqttReason.ProtocolError, "the property MaximumPacketSize may not be 0")]
    // SUBACK, SUBSCRIBE
    [TestCase("9003000A00", MqttReason.MalformedPacket, "a reason is cut off")]
    [TestCase("8207000A00000123C0", MqttReason.MalformedPacket, "a filter with the options 192")]
    [TestCase("8203000A00", MqttReason.MalformedPacket, "a topic filter is cut off")]
    public void Bytes_ThatNoPacketMayHave_HaveAReason(string hex, MqttReason reason, string text)
    {
        var fault = Wire.FaultOf(hex, MqttVersion.V5);
        Assert.That(fault.Reason, Is.EqualTo(reason), fault.Text);
        Assert.That(fault.Text, Is.EqualTo(text));
    }

    [Test]
    public void APacketThatIsTooLarge_IsToldBeforeItsBodyHasCome()
    {
        var fault = Wire.FaultOf("30808001", MqttVersion.V5, most: 1024);
        Assert.That(fault.Reason, Is.EqualTo(MqttReason.PacketTooLarge));
        Assert.That(fault.Text, Is.EqualTo("a packet of 16388 bytes, and 1024 are taken"));
    }

    [Test]
    public void APacketOfTheLargestSize_IsTaken()
    {
        var bytes = Wire.Encode(new PublishPacket { Topic = "t", Payload = new byte[1000] }, MqttVersion.V5);
        Assert.That(Wire.TryDecode(Wire.Sequence(bytes, 7), MqttVersion.V5, out _, bytes.Length), Is.Not.Null);
        Assert.That(Wire.TryDecode(Wire.Sequence(bytes, 7), MqttVersion.V5, out var fault, bytes.Length - 1), Is.Null);
        Assert.That(fault!.Value.Reason, Is.EqualTo(MqttReason.PacketTooLarge));
    }

    [Test]
    public void MoreUserPropertiesThanAreTaken_ArePassedOver_AndWhatFollowsIsRead()
    {
        var publish = new PublishPacket
        {
            Topic = "t", Payload = new byte[3],
            Properties = Named(PropertyReader.Most + 100).With(PropertyId.SubscriptionId, 7),
        };
        var read = Wire.Decode<PublishPacket>(Wire.Encode(publish, MqttVersion.V5), MqttVersion.V5);
        Assert.Multiple(() =>
        {
            Assert.That(read.Properties.Count, Is.EqualTo(PropertyReader.Most + 1));
            Assert.That(read.Properties.Number(PropertyId.SubscriptionId), Is.EqualTo(7));
            Assert.That(read.Payload.Length, Is.EqualTo(3));
        });
        // cut off in one that is passed over
        Assert.That(
            Wire.FaultOf("30" + "8605" + "000161" + "8105" + string.Concat(Enumerable.Repeat("2600000000", 128))
                + "26", MqttVersion.V5),
            Is.EqualTo(new PacketFault(MqttReason.MalformedPacket, "a user property is cut off")));
    }

    [Test]
    public void MoreOtherPropertiesThanAreTaken_EndIt()
    {
        var properties = new Properties();
        for (var i = 0; i <= PropertyReader.Most; i++) properties.With(PropertyId.SubscriptionId, 1);
        var fault = Wire.FaultOf(
            Wire.Hex(new PublishPacket { Topic = "t", Properties = properties }, MqttVersion.V5), MqttVersion.V5);
        Assert.That(fault, Is.EqualTo(new PacketFault(MqttReason.ImplementationSpecific, "more than 128 properties")));
    }

    [FsCheck.NUnit.Property(MaxTest = 2000)]
    public bool AnyPacket_CutShortAnywhere_NeedsMoreOrHasAFault(int seed)
    {
        var some = new SomePackets(seed);
        var version = some.Version();
        var bytes = Wire.Encode(some.Packet(version), version);
        var cut = bytes[..some.Below(bytes.Length)];
        var rest = new ReadOnlySequence<byte>(cut);
        return !PacketFraming.TryCut(ref rest, int.MaxValue, out _, out var fault) && fault is null;
    }

    /// <summary>Nothing is thrown, and what is taken can be written again and reads the same.</summary>
    [FsCheck.NUnit.Property(MaxTest = 5000)]
    public bool AnyPacket_WithChangedBytes_IsTakenOrHasAFault(int seed)
    {
        var some = new SomePackets(seed);
        var version = some.Version();
        var bytes = Wire.Encode(some.Packet(version), version);
        for (var changes = 1 + some.Below(4); changes > 0; changes--)
            bytes[some.Below(bytes.Length)] = (byte)some.Below(256);
        var sequence = Wire.Sequence(bytes, 1 + some.Below(40));
        if (!PacketFraming.TryCut(ref sequence, int.MaxValue, out var raw, out _)) return true;
        if (PacketDecoder.Decode(raw, version, out var fault) is not { } packet) return fault is not null;
        var again = Wire.Encode(packet, version);
        return Wire.Encode(Wire.Decode<Packet>(again, version), version).SequenceEqual(again);
    }

    private static Properties Named(int count)
    {
        var properties = new Properties();
        for (var i = 0; i < count; i++) properties.With(new Property(PropertyId.UserProperty));
        return properties;
    }
}
