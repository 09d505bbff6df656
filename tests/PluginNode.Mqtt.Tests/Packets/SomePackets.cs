using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Tests.Packets;

/// <summary>Valid packets of all kinds; the same seed gives the same ones.</summary>
internal sealed class SomePackets(int seed)
{
    private static readonly string[] Pieces = ["a", "sport", "ñandú", "\U0001F600", "$x", "\uFEFF", "0", " ", "名"];

    private readonly Random _random = new(seed);

    public MqttVersion Version() => Flag() ? MqttVersion.V5 : MqttVersion.V311;

    public int Below(int most) => _random.Next(most);

    public Packet Packet(MqttVersion version) => Below(11) switch
    {
        0 => Connect(version),
        1 => ConnAck(version),
        2 or 3 => Publish(version),
        4 => new PubAckPacket
        {
            Id = Id(), Reason = version == MqttVersion.V5 ? Reason() : MqttReason.Success,
            Properties = PropertiesFor(version, 1 << (int)PacketType.PubAck),
        },
        5 => new SubscribePacket
        {
            Id = Id(), Subscriptions = [.. Many(1, 5, () => Subscription(version))],
            Properties = PropertiesFor(version, 1 << (int)PacketType.Subscribe),
        },
        6 => new SubAckPacket(PacketType.SubAck)
        {
            Id = Id(), Reasons = [.. Many(1, 5, Reason)],
            Properties = PropertiesFor(version, 1 << (int)PacketType.SubAck),
        },
        7 => new UnsubscribePacket
        {
            Id = Id(), Filters = [.. Many(1, 5, Filter)],
            Properties = PropertiesFor(version, 1 << (int)PacketType.Unsubscribe),
        },
        8 => new SubAckPacket(PacketType.UnsubAck)
        {
            Id = Id(), Reasons = version == MqttVersion.V5 ? [.. Many(1, 5, Reason)] : [],
            Properties = PropertiesFor(version, 1 << (int)PacketType.UnsubAck),
        },
        9 => Flag() ? PingPacket.Request : PingPacket.Response,
        _ => new DisconnectPacket
        {
            Reason = version == MqttVersion.V5 ? Reason() : MqttReason.Success,
            Properties = PropertiesFor(version, 1 << (int)PacketType.Disconnect),
        },
    };

    public PublishPacket Publish(MqttVersion version)
    {
        var qos = (byte)Below(2);
        return new PublishPacket
        {
            Topic = Topic(), Qos = qos, Id = qos == 0 ? (ushort)0 : Id(), Duplicate = qos == 1 && Flag(),
            Retain = Flag(), Payload = Bytes(), Properties = PropertiesFor(version, 1 << (int)PacketType.Publish),
        };
    }

    private ConnectPacket Connect(MqttVersion version)
    {
        var user = Flag() ? Text() : null;
        return new ConnectPacket
        {
            Version = version, ClientId = Text(), CleanStart = Flag(), KeepAlive = (ushort)Below(65_536),
            UserName = user, Password = user is not null && Flag() ? (ReadOnlyMemory<byte>?)Bytes() : null,
            Will = Flag() ? new Will
            {
                Topic = Topic(), Payload = Bytes(), Qos = (byte)Below(3), Retain = Flag(),
                Properties = PropertiesFor(version, PropertyTable.InWill),
            } : null,
            Properties = PropertiesFor(version, 1 << (int)PacketType.Connect),
        };
    }

    private ConnAckPacket ConnAck(MqttVersion version)
    {
        var reason = Flag() ? MqttReason.Success : version == MqttVersion.V5 ? Reason() : MqttReason.NotAuthorized;
        return new ConnAckPacket
        {
            SessionPresent = reason == MqttReason.Success && Flag(), Reason = reason,
            Properties = PropertiesFor(version, 1 << (int)PacketType.ConnAck),
        };
    }

    private Subscription Subscription(MqttVersion version) => version == MqttVersion.V311
        ? new Subscription(Filter(), (byte)Below(3))
        : new Subscription(Filter(), (byte)Below(3), Flag(), Flag(), (byte)Below(3));

    private Properties PropertiesFor(MqttVersion version, int place)
    {
        var properties = new Properties();
        if (version == MqttVersion.V311) return properties;
        foreach (var id in Enum.GetValues<PropertyId>())
        {
            var rule = PropertyTable.RuleOf(id);
            if ((rule.Places & place) == 0 || id == PropertyId.TopicAlias || Below(3) > 0) continue;
            for (var times = PropertyTable.MayRepeat(id, place) ? 1 + Below(3) : 1; times > 0; times--)
                properties.With(Property(id, rule));
        }
        return properties;
    }

    private Property Property(PropertyId id, PropertyRule rule)
    {
        var most = rule.Kind switch
        {
            PropertyKind.Byte => byte.MaxValue, PropertyKind.TwoBytes => ushort.MaxValue,
            PropertyKind.VariableInteger => (uint)PacketFraming.MostRemaining, _ => uint.MaxValue,
        };
        return rule.Kind switch
        {
            PropertyKind.Text => new Property(id, Text: id == PropertyId.ResponseTopic ? Topic() : Text()),
            PropertyKind.Binary => new Property(id, Bytes: Bytes()),
            PropertyKind.Pair => new Property(id, Text: Text(), Value: Text()),
            _ => new Property(id, (uint)_random.NextInt64(rule.Least, Math.Min(rule.Most, most) + 1L)),
        };
    }

    private MqttReason Reason() => (MqttReason)Below(256);

    private ushort Id() => (ushort)(1 + Below(65_535));

    private string Topic() => string.Join('/', Many(1, 4, () => Pieces[Below(Pieces.Length)]));

    private string Filter() => Below(3) switch { 0 => Topic() + "/#", 1 => "+/" + Topic(), _ => Topic() };

    private string Text() => string.Concat(Many(0, Below(20) == 0 ? 200 : 5, () => Pieces[Below(Pieces.Length)]));

    private byte[] Bytes()
    {
        var bytes = new byte[Below(10) == 0 ? Below(40_000) : Below(20)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private bool Flag() => Below(2) == 0;

    private IEnumerable<T> Many<T>(int least, int most, Func<T> make) =>
        Enumerable.Range(0, least + Below(most - least + 1)).Select(_ => make());
}
