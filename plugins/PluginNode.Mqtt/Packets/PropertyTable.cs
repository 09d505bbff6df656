namespace PluginNode.Mqtt.Packets;

/// <summary>How a property is written (5.0 §1.5).</summary>
internal enum PropertyKind
{
    Byte,
    TwoBytes,
    FourBytes,
    VariableInteger,
    Text,
    Binary,
    Pair,
}

/// <summary>What holds of a property.</summary>
/// <param name="Kind">How it is written.</param>
/// <param name="Places">A bit for each packet type that it may stand in; <see cref="PropertyTable.InWill"/> for the
/// will.</param>
/// <param name="Least">The least number.</param>
/// <param name="Most">The greatest number.</param>
internal sealed record PropertyRule(PropertyKind Kind, int Places, uint Least = 0, uint Most = uint.MaxValue);

/// <summary>Which properties may stand where (5.0 table 2-4), and the numbers that they may have.</summary>
internal static class PropertyTable
{
    /// <summary>The bit of the properties of a will, which is no packet.</summary>
    public const int InWill = 1;

    private const int Connect = 1 << (int)PacketType.Connect;
    private const int ConnAck = 1 << (int)PacketType.ConnAck;
    private const int Publish = 1 << (int)PacketType.Publish;
    private const int PubAck = 1 << (int)PacketType.PubAck;
    private const int Subscribe = 1 << (int)PacketType.Subscribe;
    private const int SubAck = 1 << (int)PacketType.SubAck;
    private const int Unsubscribe = 1 << (int)PacketType.Unsubscribe;
    private const int UnsubAck = 1 << (int)PacketType.UnsubAck;
    private const int Disconnect = 1 << (int)PacketType.Disconnect;
    private const int Message = Publish | InWill;
    private const int Answers = ConnAck | PubAck | SubAck | UnsubAck | Disconnect;

    // By identifier; 42 is the greatest.
    private static readonly PropertyRule?[] Rules = Make();

    /// <summary>Null where there is no such property.</summary>
    public static PropertyRule? RuleOf(byte id) => id < Rules.Length ? Rules[id] : null;

    public static PropertyRule RuleOf(PropertyId id) => Rules[(int)id]!;

    /// <summary>User properties everywhere, and subscription identifiers of a PUBLISH that matches several.</summary>
    public static bool MayRepeat(PropertyId id, int place) =>
        id == PropertyId.UserProperty || (id == PropertyId.SubscriptionId && place == Publish);

    private static PropertyRule?[] Make()
    {
        var rules = new PropertyRule?[43];
        // 0 and 1 are all that there are, but brokers pass on others, and it says nothing that is used here
        Set(PropertyId.PayloadFormat, new(PropertyKind.Byte, Message));
        Set(PropertyId.MessageExpiry, new(PropertyKind.FourBytes, Message));
        Set(PropertyId.ContentType, new(PropertyKind.Text, Message));
        Set(PropertyId.ResponseTopic, new(PropertyKind.Text, Message));
        Set(PropertyId.CorrelationData, new(PropertyKind.Binary, Message));
        Set(PropertyId.SubscriptionId, new(PropertyKind.VariableInteger, Publish | Subscribe, Least: 1));
        Set(PropertyId.SessionExpiry, new(PropertyKind.FourBytes, Connect | ConnAck | Disconnect));
        Set(PropertyId.AssignedClientId, new(PropertyKind.Text, ConnAck));
        Set(PropertyId.ServerKeepAlive, new(PropertyKind.TwoBytes, ConnAck));
        Set(PropertyId.AuthMethod, new(PropertyKind.Text, Connect | ConnAck));
        Set(PropertyId.AuthData, new(PropertyKind.Binary, Connect | ConnAck));
        Set(PropertyId.RequestProblem, new(PropertyKind.Byte, Connect, Most: 1));
        Set(PropertyId.WillDelay, new(PropertyKind.FourBytes, InWill));
        Set(PropertyId.RequestResponse, new(PropertyKind.Byte, Connect, Most: 1));
        Set(PropertyId.ResponseInformation, new(PropertyKind.Text, ConnAck));
        Set(PropertyId.ServerReference, new(PropertyKind.Text, ConnAck | Disconnect));
        Set(PropertyId.ReasonText, new(PropertyKind.Text, Answers));
        Set(PropertyId.ReceiveMaximum, new(PropertyKind.TwoBytes, Connect | ConnAck, Least: 1));
        Set(PropertyId.TopicAliasMaximum, new(PropertyKind.TwoBytes, Connect | ConnAck));
        Set(PropertyId.TopicAlias, new(PropertyKind.TwoBytes, Publish, Least: 1));
        Set(PropertyId.MaximumQos, new(PropertyKind.Byte, ConnAck, Most: 1));
        Set(PropertyId.RetainAvailable, new(PropertyKind.Byte, ConnAck, Most: 1));
        Set(PropertyId.UserProperty, new(
            PropertyKind.Pair, Connect | Publish | Subscribe | Unsubscribe | InWill | Answers));
        Set(PropertyId.MaximumPacketSize, new(PropertyKind.FourBytes, Connect | ConnAck, Least: 1));
        Set(PropertyId.WildcardsAvailable, new(PropertyKind.Byte, ConnAck, Most: 1));
        Set(PropertyId.SubscriptionIdsAvailable, new(PropertyKind.Byte, ConnAck, Most: 1));
        Set(PropertyId.SharedAvailable, new(PropertyKind.Byte, ConnAck, Most: 1));
        return rules;

        void Set(PropertyId id, PropertyRule rule) => rules[(int)id] = rule;
    }
}
