using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Tests.Packets;

/// <summary>The examples that the specifications give in bytes, both ways.</summary>
[TestFixture]
internal sealed class SpecificationTests
{
    // 5.0 table 1-1
    [TestCase(0u, "00")]
    [TestCase(127u, "7F")]
    [TestCase(128u, "8001")]
    [TestCase(16_383u, "FF7F")]
    [TestCase(16_384u, "808001")]
    [TestCase(2_097_151u, "FFFF7F")]
    [TestCase(2_097_152u, "80808001")]
    [TestCase(268_435_455u, "FFFFFF7F")]
    public void VariableInteger_AtTheBordersOfItsSizes_HasTheBytesOfTheTable(uint value, string hex)
    {
        using var buffer = new PacketBuffer();
        buffer.VariableInteger(value);
        Assert.That(Wire.Hex(buffer.Written.ToArray()), Is.EqualTo(hex));
        var reader = new BodyReader(Wire.Sequence(Wire.Bytes(hex), 1));
        Assert.That(reader.VariableInteger("it"), Is.EqualTo(value));
        Assert.That(reader.Fault, Is.Null);
    }

    [Test]
    public void Text_BeyondTheBasicPlane_HasTheBytesOfTheExample()
    {
        // 5.0 §1.5.4: "A𪛔"
        using var buffer = new PacketBuffer();
        buffer.Text("A\U0002A6D4");
        Assert.That(Wire.Hex(buffer.Written.ToArray()), Is.EqualTo("000541F0AA9B94"));
        var reader = new BodyReader(Wire.Sequence(Wire.Bytes("000541F0AA9B94"), 2));
        Assert.That(reader.Text("it"), Is.EqualTo("A\U0002A6D4"));
    }

    [Test]
    public void Text_WithAByteOrderMark_KeepsIt()
    {
        // 5.0 §1.5.4: U+FEFF is never skipped
        var reader = new BodyReader(Wire.Sequence(Wire.Bytes("0003EFBBBF"), 8));
        Assert.That(reader.Text("it"), Is.EqualTo("\uFEFF"));
    }

    [Test]
    public void Connect_OfVersion5_HasTheHeaderOfTheExample()
    {
        // 5.0 §3.1.2.12: user name, password, will with QoS 1, clean start; keep-alive 10; session expiry 10
        var connect = new ConnectPacket
        {
            Version = MqttVersion.V5, ClientId = "", CleanStart = true, KeepAlive = 10, UserName = "u",
            Password = "p"u8.ToArray(), Will = new Will { Topic = "t", Qos = 1 },
            Properties = new Properties().With(PropertyId.SessionExpiry, 10),
        };
        const string header = "00044D515454" + "05" + "CE" + "000A" + "05" + "110000000A";
        const string payload = "0000" + "00" + "000174" + "0000" + "000175" + "000170";
        Assert.That(Wire.Hex(connect, MqttVersion.V5), Is.EqualTo("101E" + header + payload));
        var read = Wire.Decode<ConnectPacket>(Wire.Bytes("101E" + header + payload), MqttVersion.V5);
        Assert.Multiple(() =>
        {
            Assert.That(read.CleanStart, Is.True);
            Assert.That(read.KeepAlive, Is.EqualTo(10));
            Assert.That(read.UserName, Is.EqualTo("u"));
            Assert.That(read.Will!.Qos, Is.EqualTo(1));
            Assert.That(read.Will.Retain, Is.False);
            Assert.That(read.Properties.Number(PropertyId.SessionExpiry), Is.EqualTo(10));
        });
    }

    [Test]
    public void Connect_OfVersion311_HasTheHeaderOfTheExample()
    {
        // 3.1.1 §3.1.2.10 has the same flags, level 4 and no properties
        var connect = new ConnectPacket
        {
            Version = MqttVersion.V311, ClientId = "c", CleanStart = true, KeepAlive = 10, UserName = "u",
            Password = "p"u8.ToArray(), Will = new Will { Topic = "t", Qos = 1 },
        };
        const string hex = "1018" + "00044D515454" + "04" + "CE" + "000A" + "000163" + "000174" + "0000" + "000175"
            + "000170";
        Assert.That(Wire.Hex(connect, MqttVersion.V311), Is.EqualTo(hex));
        Assert.That(Wire.Decode<ConnectPacket>(Wire.Bytes(hex), MqttVersion.V311).ClientId, Is.EqualTo("c"));
    }

    [Test]
    public void Publish_OfBothVersions_HasTheHeaderOfTheExample()
    {
        // 3.3.2: topic a/b, packet id 10
        var publish = new PublishPacket { Topic = "a/b", Qos = 1, Id = 10 };
        Assert.That(Wire.Hex(publish, MqttVersion.V311), Is.EqualTo("3207" + "0003612F62" + "000A"));
        Assert.That(Wire.Hex(publish, MqttVersion.V5), Is.EqualTo("3208" + "0003612F62" + "000A" + "00"));
        var read = Wire.Decode<PublishPacket>(Wire.Bytes("3B080003612F62000A78"), MqttVersion.V311);
        Assert.Multiple(() =>
        {
            Assert.That(read.Topic, Is.EqualTo("a/b"));
            Assert.That(read.Id, Is.EqualTo(10));
            Assert.That(read.Duplicate, Is.True);
            Assert.That(read.Retain, Is.True);
            Assert.That(read.Payload.ToArray(), Is.EqualTo("x"u8.ToArray()));
        });
    }

    [Test]
    public void Subscribe_OfTwoFilters_HasThePayloadOfTheExample()
    {
        // 3.8.3: a/b with QoS 1, c/d with QoS 2
        var subscribe = new SubscribePacket { Id = 10, Subscriptions = [new("a/b", 1), new("c/d", 2)] };
        const string payload = "0003612F62" + "01" + "0003632F64" + "02";
        Assert.That(Wire.Hex(subscribe, MqttVersion.V311), Is.EqualTo("820E000A" + payload));
        Assert.That(Wire.Hex(subscribe, MqttVersion.V5), Is.EqualTo("820F000A00" + payload));
        var read = Wire.Decode<SubscribePacket>(Wire.Bytes("820F000A00" + payload), MqttVersion.V5);
        Assert.That(read.Subscriptions, Is.EqualTo(subscribe.Subscriptions));
    }

    [Test]
    public void Unsubscribe_OfTwoFilters_HasThePayloadOfTheExample()
    {
        var unsubscribe = new UnsubscribePacket { Id = 10, Filters = ["a/b", "c/d"] };
        const string hex = "A20C000A" + "0003612F62" + "0003632F64";
        Assert.That(Wire.Hex(unsubscribe, MqttVersion.V311), Is.EqualTo(hex));
        Assert.That(
            Wire.Decode<UnsubscribePacket>(Wire.Bytes(hex), MqttVersion.V311).Filters, Is.EqualTo(["a/b", "c/d"]));
    }

    [Test]
    public void SubAck_OfVersion311_HasThePayloadOfTheExample()
    {
        // 3.1.1 §3.9.3: success with QoS 0, success with QoS 2, failure
        var read = Wire.Decode<SubAckPacket>(Wire.Bytes("9005000A" + "00" + "02" + "80"), MqttVersion.V311);
        Assert.That(
            read.Reasons, Is.EqualTo([MqttReason.Success, MqttReason.GrantedQos2, MqttReason.Unspecified]));
    }

    [TestCase("C000")]
    [TestCase("D000")]
    [TestCase("E000")]
    [TestCase("4002000A")]
    [TestCase("B002000A")]
    [TestCase("20020000")]
    public void PacketsOfFixedBytes_ReadAndWritten_AreThemselves(string hex)
    {
        var packet = Wire.Decode<Packet>(Wire.Bytes(hex), MqttVersion.V311);
        Assert.That(Wire.Hex(packet, MqttVersion.V311), Is.EqualTo(hex));
    }

    [TestCase("20020001", MqttReason.UnsupportedProtocolVersion)]
    [TestCase("20020004", MqttReason.BadUserNameOrPassword)]
    [TestCase("20020005", MqttReason.NotAuthorized)]
    public void ConnAck_OfVersion311_AnswersAConnectOfVersion5(string hex, MqttReason reason) =>
        Assert.That(Wire.Decode<ConnAckPacket>(Wire.Bytes(hex), MqttVersion.V5).Reason, Is.EqualTo(reason));

    [Test]
    public void PubAck_OfVersion5_LeavesOutWhatSaysNothing()
    {
        // 5.0 §3.4.2.1
        Assert.That(Wire.Hex(new PubAckPacket { Id = 10 }, MqttVersion.V5), Is.EqualTo("4002000A"));
        Assert.That(
            Wire.Hex(new PubAckPacket { Id = 10, Reason = MqttReason.QuotaExceeded }, MqttVersion.V5),
            Is.EqualTo("4003000A97"));
        Assert.That(
            Wire.Decode<PubAckPacket>(Wire.Bytes("4003000A97"), MqttVersion.V5).Reason,
            Is.EqualTo(MqttReason.QuotaExceeded));
    }
}
