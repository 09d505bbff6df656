namespace PluginNode.Mqtt.Packets;

/// <summary>
/// Reads packets of either side. Strict: reserved bits, bytes that are left over, and whatever the specification calls
/// malformed or a protocol error are faults. Nothing is thrown, whatever the bytes are.
/// </summary>
internal static class PacketDecoder
{
    /// <summary>Filters in one SUBSCRIBE or UNSUBSCRIBE, and reasons in their answers.</summary>
    public const int MostFilters = 1024;

    /// <summary>Null, with a fault, where it is no packet that may be taken.</summary>
    /// <param name="raw">The packet.</param>
    /// <param name="version">What CONNECT named; of CONNECT itself its own counts.</param>
    /// <param name="fault">Why not.</param>
    public static Packet? Decode(in RawPacket raw, MqttVersion version, out PacketFault? fault)
    {
        var body = new BodyReader(raw.Body);
        var packet = Decode(raw, version, ref body);
        if (!body.AtEnd) body.Malformed($"{body.Remaining} bytes are left over");
        fault = body.Fault;
        return fault is null ? packet : null;
    }

    private static Packet? Decode(in RawPacket raw, MqttVersion version, ref BodyReader body)
    {
        var flags = raw.Type is PacketType.Subscribe or PacketType.Unsubscribe or PacketType.PubRel ? 2 : 0;
        if (raw.Type != PacketType.Publish && raw.Flags != flags)
        {
            body.Malformed($"{raw.Type} with the flags {raw.Flags}");
            return null;
        }
        switch (raw.Type)
        {
            case PacketType.Connect: return ConnectDecoder.Connect(ref body);
            case PacketType.ConnAck: return ConnectDecoder.ConnAck(ref body, version);
            case PacketType.Publish: return Publish(ref body, raw.Flags, version);
            case PacketType.PubAck: return PubAck(ref body, version);
            case PacketType.Subscribe: return Subscribe(ref body, version);
            case PacketType.SubAck or PacketType.UnsubAck: return SubAck(ref body, raw.Type, version);
            case PacketType.Unsubscribe: return Unsubscribe(ref body, version);
            case PacketType.PingReq: return PingPacket.Request;
            case PacketType.PingResp: return PingPacket.Response;
            case PacketType.Disconnect: return Disconnect(ref body, version);
            case PacketType.Auth:
                body.Fail(MqttReason.BadAuthenticationMethod, "extended authentication was not asked for");
                return null;
            case PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                body.Fail(MqttReason.QosNotSupported, "QoS 2 is not spoken");
                return null;
            default:
                body.Malformed($"there is no packet of type {(int)raw.Type}");
                return null;
        }
    }

    private static PublishPacket? Publish(ref BodyReader body, int flags, MqttVersion version)
    {
        var qos = (byte)((flags >> 1) & 3);
        var duplicate = (flags & 8) != 0;
        if (qos == 3) body.Malformed("PUBLISH with a QoS of 3");
        else if (qos == 2) body.Fail(MqttReason.QosNotSupported, "QoS 2 is not taken");
        else if (duplicate && qos == 0) body.Malformed("PUBLISH of QoS 0 with the DUP flag");
        var topic = body.Text("the topic");
        var id = qos == 0 ? (ushort)0 : Id(ref body);
        var properties = PropertiesOf(ref body, PacketType.Publish, version);
        if (body.Fault is null) CheckMessage(ref body, topic, properties);
        return body.Fault is not null ? null : new PublishPacket
        {
            Topic = topic, Payload = body.Rest(), Qos = qos, Retain = (flags & 1) != 0, Duplicate = duplicate, Id = id,
            Properties = properties,
        };
    }

    /// <summary>What holds of topics, of a message and of a will alike. A response topic with wildcards is no fault
    /// here: it is the publisher's, brokers pass it on, and it must not end a subscriber's connection.</summary>
    public static void CheckMessage(ref BodyReader body, string topic, Properties properties)
    {
        // No alias can be right: the topic alias maximum is never announced and so 0 (5.0 §3.3.2.3.4).
        if (properties.Number(PropertyId.TopicAlias) is { } alias)
            body.Fail(MqttReason.TopicAliasInvalid, $"the topic alias {alias}, and none are taken");
        else if (TopicText.ProblemOfName(topic) is { } problem)
            body.Fail(MqttReason.TopicNameInvalid, problem);
    }

    private static PubAckPacket PubAck(ref BodyReader body, MqttVersion version)
    {
        var id = Id(ref body);
        var reason = version == MqttVersion.V5 && !body.AtEnd ? (MqttReason)body.Byte("the reason") : default;
        return new PubAckPacket
        {
            Id = id, Reason = reason, Properties = OptionalPropertiesOf(ref body, PacketType.PubAck, version),
        };
    }

    private static SubscribePacket Subscribe(ref BodyReader body, MqttVersion version)
    {
        var id = Id(ref body);
        var properties = PropertiesOf(ref body, PacketType.Subscribe, version);
        var subscriptions = new List<Subscription>();
        do
        {
            var filter = Filter(ref body);
            var options = body.Byte("the options of a filter");
            var subscription = new Subscription(
                filter, (byte)(options & 3), (options & 4) != 0, (options & 8) != 0, (byte)((options >> 4) & 3));
            var known = version == MqttVersion.V5 ? 0x3f : 0x03;
            if (subscription.Qos == 3 || subscription.RetainHandling == 3 || (options & ~known) != 0)
                body.Malformed($"a filter with the options {options}");
            subscriptions.Add(subscription);
            if (subscriptions.Count > MostFilters) TooMany(ref body);
        }
        while (!body.AtEnd);
        return new SubscribePacket { Id = id, Subscriptions = subscriptions, Properties = properties };
    }

    private static UnsubscribePacket Unsubscribe(ref BodyReader body, MqttVersion version)
    {
        var id = Id(ref body);
        var properties = PropertiesOf(ref body, PacketType.Unsubscribe, version);
        var filters = new List<string>();
        do
        {
            filters.Add(Filter(ref body));
            if (filters.Count > MostFilters) TooMany(ref body);
        }
        while (!body.AtEnd);
        return new UnsubscribePacket { Id = id, Filters = filters, Properties = properties };
    }

    private static SubAckPacket SubAck(ref BodyReader body, PacketType type, MqttVersion version)
    {
        var id = Id(ref body);
        var properties = PropertiesOf(ref body, type, version);
        var reasons = new List<MqttReason>();
        var none = type == PacketType.UnsubAck && version == MqttVersion.V311;
        while (!none && (reasons.Count == 0 || !body.AtEnd) && body.Fault is null)
        {
            reasons.Add((MqttReason)body.Byte("a reason"));
            if (reasons.Count > MostFilters) TooMany(ref body);
        }
        return new SubAckPacket(type) { Id = id, Reasons = reasons, Properties = properties };
    }

    private static DisconnectPacket Disconnect(ref BodyReader body, MqttVersion version)
    {
        var reason = version == MqttVersion.V5 && !body.AtEnd ? (MqttReason)body.Byte("the reason") : default;
        return new DisconnectPacket
        {
            Reason = reason, Properties = OptionalPropertiesOf(ref body, PacketType.Disconnect, version),
        };
    }

    private static ushort Id(ref BodyReader body)
    {
        var id = body.UInt16("the packet id");
        if (id == 0) body.Malformed("a packet id of 0");
        return id;
    }

    private static string Filter(ref BodyReader body)
    {
        var filter = body.Text("a topic filter");
        if (body.Fault is null && TopicText.ProblemOfFilter(filter) is { } problem)
            body.Fail(MqttReason.TopicFilterInvalid, problem);
        return filter;
    }

    private static void TooMany(ref BodyReader body) =>
        body.Fail(MqttReason.ImplementationSpecific, $"more than {MostFilters} filters");

    private static Properties PropertiesOf(ref BodyReader body, PacketType type, MqttVersion version) =>
        version == MqttVersion.V5 ? PropertyReader.Read(ref body, 1 << (int)type) : Properties.None;

    private static Properties OptionalPropertiesOf(ref BodyReader body, PacketType type, MqttVersion version) =>
        version == MqttVersion.V5 ? PropertyReader.ReadOptional(ref body, 1 << (int)type) : Properties.None;
}
