namespace PluginNode.Mqtt.Packets;

/// <summary>Property identifiers (5.0 §2.2.2.2).</summary>
internal enum PropertyId
{
    PayloadFormat = 1,
    MessageExpiry = 2,
    ContentType = 3,
    ResponseTopic = 8,
    CorrelationData = 9,
    SubscriptionId = 11,
    SessionExpiry = 17,
    AssignedClientId = 18,
    ServerKeepAlive = 19,
    AuthMethod = 21,
    AuthData = 22,
    RequestProblem = 23,
    WillDelay = 24,
    RequestResponse = 25,
    ResponseInformation = 26,
    ServerReference = 28,
    ReasonText = 31,
    ReceiveMaximum = 33,
    TopicAliasMaximum = 34,
    TopicAlias = 35,
    MaximumQos = 36,
    RetainAvailable = 37,
    UserProperty = 38,
    MaximumPacketSize = 39,
    WildcardsAvailable = 40,
    SubscriptionIdsAvailable = 41,
    SharedAvailable = 42,
}

/// <summary>One property; which member counts follows from its kind in the <see cref="PropertyTable"/>.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Number">Of those that are numbers.</param>
/// <param name="Text">Of texts; the name of a user property.</param>
/// <param name="Value">The value of a user property.</param>
/// <param name="Bytes">Of binary data.</param>
internal readonly record struct Property(
    PropertyId Id, uint Number = 0, string Text = "", string Value = "", ReadOnlyMemory<byte> Bytes = default);

/// <summary>A packet's properties in their order. Immutable once it stands in a packet.</summary>
internal sealed class Properties
{
    /// <summary>Of packets without any; never added to.</summary>
    public static readonly Properties None = new();

    private readonly List<Property> _all = new(1); // most packets have one at most

    /// <summary>In their order; the list itself, so that each message that comes is walked through without an
    /// object.</summary>
    public List<Property> All => _all;

    public int Count => _all.Count;

    /// <summary>Adds one and returns this.</summary>
    public Properties With(Property property)
    {
        _all.Add(property);
        return this;
    }

    public Properties With(PropertyId id, uint number) => With(new Property(id, number));

    public Properties With(PropertyId id, string text) => With(new Property(id, Text: text));

    /// <summary>The first of that id, or null.</summary>
    public Property? Find(PropertyId id)
    {
        foreach (var property in _all)
            if (property.Id == id) return property;
        return null;
    }

    public uint? Number(PropertyId id) => Find(id)?.Number;

    public string? Text(PropertyId id) => Find(id)?.Text;
}
