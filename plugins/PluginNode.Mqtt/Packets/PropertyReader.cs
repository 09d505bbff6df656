namespace PluginNode.Mqtt.Packets;

/// <summary>Reads properties (5.0 §2.2.2).</summary>
internal static class PropertyReader
{
    /// <summary>User properties of a packet that are kept, and others that it may have: the specification sets no
    /// bound, and each of these is an object. User properties are the publisher's, and a broker has to pass on all of
    /// them (5.0 §3.3.2.3.7): further ones are passed over, as they must not end a subscriber's connection.</summary>
    public const int Most = 128;

    /// <summary>Where nothing is left, there are none: packets may leave out the length.</summary>
    public static Properties ReadOptional(ref BodyReader body, int place) =>
        body.AtEnd ? Properties.None : Read(ref body, place);

    public static Properties Read(ref BodyReader body, int place)
    {
        var length = body.VariableInteger("the length of the properties");
        if (length == 0) return Properties.None;
        if (length > body.Remaining)
        {
            body.Malformed("the properties are cut off");
            return Properties.None;
        }
        var end = body.Remaining - length;
        var properties = new Properties();
        var (seen, users) = (0UL, 0);
        while (body.Remaining > end)
        {
            if (ReadOne(ref body, place, ref seen, skipsUsers: users == Most) is not { } property) continue;
            if (property.Id == PropertyId.UserProperty) users++;
            else if (properties.Count - users == Most)
                body.Fail(MqttReason.ImplementationSpecific, $"more than {Most} properties");
            properties.With(property);
        }
        if (body.Fault is null && body.Remaining != end) body.Malformed("the properties end in the middle of one");
        return properties;
    }

    // The identifier is a variable byte integer, but all that there are have one byte.
    private static Property? ReadOne(ref BodyReader body, int place, ref ulong seen, bool skipsUsers)
    {
        var number = body.Byte("a property");
        if (body.Fault is not null) return null;
        if (PropertyTable.RuleOf(number) is not { } rule)
        {
            body.Malformed($"there is no property {number}");
            return null;
        }
        var id = (PropertyId)number;
        if ((rule.Places & place) == 0)
            body.Fail(MqttReason.ProtocolError, $"the property {id} may not stand in this packet");
        else if ((seen & (1UL << number)) != 0 && !PropertyTable.MayRepeat(id, place))
            body.Fail(MqttReason.ProtocolError, $"the property {id} is there twice");
        seen |= 1UL << number;
        if (id != PropertyId.UserProperty || !skipsUsers) return Value(ref body, id, rule);
        for (var part = 0; part < 2; part++) body.Slice(body.UInt16("a user property"), "a user property");
        return null;
    }

    private static Property Value(ref BodyReader body, PropertyId id, PropertyRule rule)
    {
        switch (rule.Kind)
        {
            case PropertyKind.Text:
                return new Property(id, Text: body.Text("a property"));
            case PropertyKind.Binary:
                return new Property(id, Bytes: body.Binary("a property"));
            case PropertyKind.Pair:
                var name = body.Text("the name of a user property");
                return new Property(id, Text: name, Value: body.Text("the value of a user property"));
            default:
                var number = rule.Kind switch
                {
                    PropertyKind.Byte => body.Byte("a property"),
                    PropertyKind.TwoBytes => body.UInt16("a property"),
                    PropertyKind.FourBytes => body.UInt32("a property"),
                    _ => (uint)body.VariableInteger("a property"),
                };
                if (number < rule.Least || number > rule.Most)
                    body.Fail(MqttReason.ProtocolError, $"the property {id} may not be {number}");
                return new Property(id, number);
        }
    }
}
