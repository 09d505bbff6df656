using System.Globalization;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Tests.Packets;

/// <summary>What is written reads as it was, however the bytes lie in memory.</summary>
[TestFixture]
internal sealed class RoundTripTests
{
    [FsCheck.NUnit.Property(MaxTest = 3000)]
    public bool AnyPacket_WrittenAndRead_IsTheSame(int seed)
    {
        var some = new SomePackets(seed);
        var version = some.Version();
        var packet = some.Packet(version);
        var bytes = Wire.Encode(packet, version);
        var read = Wire.TryDecode(Wire.Sequence(bytes, 1 + some.Below(64)), version, out var fault);
        Assert.That(fault, Is.Null, Describe(packet));
        Assert.That(Describe(read!), Is.EqualTo(Describe(packet)));
        return Wire.Encode(read!, version).SequenceEqual(bytes);
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool PacketsBehindOneAnother_AreCutOneByOne(int seed)
    {
        var some = new SomePackets(seed);
        using var buffer = new PacketBuffer();
        var packets = Enumerable.Range(0, 1 + some.Below(20)).Select(_ => some.Packet(MqttVersion.V5)).ToList();
        foreach (var packet in packets) PacketEncoder.Write(buffer, packet, MqttVersion.V5);
        var bytes = Wire.Sequence(buffer.Written.ToArray(), 1 + some.Below(2000));
        var read = new List<string>();
        while (PacketFraming.TryCut(ref bytes, int.MaxValue, out var raw, out _))
            read.Add(Describe(PacketDecoder.Decode(raw, MqttVersion.V5, out _)!));
        return bytes.IsEmpty && read.SequenceEqual(packets.Select(Describe));
    }

    [TestCase("a/b", "a/b", true)]
    [TestCase("a/b", "a/b/c", false)]
    [TestCase("a/b/c", "a/b", false)]
    // 5.0 §4.7.1.2 and 4.7.1.3
    [TestCase("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [TestCase("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [TestCase("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [TestCase("sport/#", "sport", true)]
    [TestCase("sport/tennis/+", "sport/tennis/player1", true)]
    [TestCase("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [TestCase("sport/+", "sport", false)]
    [TestCase("sport/+", "sport/", true)]
    [TestCase("+/+", "/finance", true)]
    [TestCase("/+", "/finance", true)]
    [TestCase("+", "/finance", false)]
    // 5.0 §4.7.2
    [TestCase("#", "$SYS/x", false)]
    [TestCase("+/monitor/Clients", "$SYS/monitor/Clients", false)]
    [TestCase("$SYS/#", "$SYS/x", true)]
    [TestCase("$SYS/monitor/+", "$SYS/monitor/Clients", true)]
    [TestCase("$share/g/sport/+", "sport/x", true)]
    [TestCase("$share/g/#", "$SYS/x", false)]
    public void Filters_MatchAsTheSpecificationSays(string filter, string topic, bool matches) =>
        Assert.That(TopicText.Matches(filter, topic), Is.EqualTo(matches));

    [TestCase("#", true)]
    [TestCase("sport/tennis/#", true)]
    [TestCase("sport/tennis#", false)]
    [TestCase("sport/tennis/#/ranking", false)]
    [TestCase("+", true)]
    [TestCase("+/tennis/#", true)]
    [TestCase("sport+", false)]
    [TestCase("sport/+/player1", true)]
    [TestCase("", false)]
    [TestCase("/", true)]
    public void Filters_AreTakenAsTheSpecificationSays(string filter, bool isTaken) =>
        Assert.That(TopicText.ProblemOfFilter(filter) is null, Is.EqualTo(isTaken));

    private static string Describe(Packet packet)
    {
        var all = string.Join(';', packet.Properties.All.Select(Describe));
        var text = packet switch
        {
            ConnectPacket p => $"{p.Version} {p.ClientId} {p.CleanStart} {p.KeepAlive} {p.UserName ?? "-"} "
                + (p.Password is { } password ? Hex(password) : "-") + (p.Will is not { } w ? "-"
                    : $"{w.Topic} {Hex(w.Payload)} {w.Qos} {w.Retain} "
                    + $"{string.Join(';', w.Properties.All.Select(Describe))}"),
            ConnAckPacket p => $"{p.SessionPresent} {p.Reason}",
            PublishPacket p => $"{p.Topic} {p.Qos} {p.Id} {p.Duplicate} {p.Retain} {Hex(p.Payload)}",
            PubAckPacket p => $"{p.Id} {p.Reason}",
            SubscribePacket p => $"{p.Id} {string.Join(';', p.Subscriptions)}",
            SubAckPacket p => $"{p.Id} {string.Join(';', p.Reasons)}",
            UnsubscribePacket p => $"{p.Id} {string.Join(';', p.Filters)}",
            DisconnectPacket p => $"{p.Reason}",
            _ => "",
        };
        return $"{packet.Type} {text} [{all}]";
    }

    private static string Describe(Property p) => string.Create(
        CultureInfo.InvariantCulture, $"{p.Id}={p.Number},{p.Text},{p.Value},{Hex(p.Bytes)}");

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
