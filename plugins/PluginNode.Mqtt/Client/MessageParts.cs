using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>Messages as PUBLISH packets and wills, and back.</summary>
internal static class MessageParts
{
    public static PublishPacket ToPacket(MqttMessage message) => new()
    {
        Topic = message.Topic, Payload = message.Payload, Qos = (byte)message.Qos, Retain = message.Retain,
        Properties = PropertiesOf(message, null),
    };

    public static Will ToWill(MqttMessage message, TimeSpan delay) => new()
    {
        Topic = message.Topic, Payload = message.Payload, Qos = (byte)message.Qos, Retain = message.Retain,
        Properties = PropertiesOf(message, delay > TimeSpan.Zero ? (uint)delay.TotalSeconds : null),
    };

    public static MqttMessage ToMessage(PublishPacket packet)
    {
        TimeSpan? expiry = null;
        string? responseTopic = null, contentType = null;
        ReadOnlyMemory<byte>? correlation = null;
        List<KeyValuePair<string, string>>? users = null;
        foreach (var property in packet.Properties.All)
            switch (property.Id)
            {
                case PropertyId.MessageExpiry: expiry = TimeSpan.FromSeconds((double)property.Number); break;
                case PropertyId.ResponseTopic when TopicText.ProblemOfName(property.Text) is null:
                    responseTopic = property.Text;
                    break;
                case PropertyId.CorrelationData: correlation = property.Bytes; break;
                case PropertyId.ContentType: contentType = property.Text; break;
                case PropertyId.UserProperty:
                    (users ??= []).Add(KeyValuePair.Create(property.Text, property.Value));
                    break;
            }
        return new MqttMessage
        {
            Topic = packet.Topic, Payload = packet.Payload, Qos = (MqttQos)packet.Qos, Retain = packet.Retain,
            IsDuplicate = packet.Duplicate, Expiry = expiry, ResponseTopic = responseTopic,
            CorrelationData = correlation, ContentType = contentType, UserProperties = users ?? [],
        };
    }

    /// <summary>An upper bound of what its properties are encoded, in bytes.</summary>
    public static long Bytes(MqttMessage message) =>
        (3L * ((message.ResponseTopic?.Length ?? 0) + (message.ContentType?.Length ?? 0)))
        + (message.CorrelationData?.Length ?? 0)
        + message.UserProperties.Sum(p => 16 + (3L * (p.Key.Length + p.Value.Length)));

    private static Properties PropertiesOf(MqttMessage message, uint? willDelay)
    {
        if (message is { Expiry: null, ResponseTopic: null, CorrelationData: null, ContentType: null }
            && message.UserProperties.Count == 0 && willDelay is null) return Properties.None;
        var properties = new Properties();
        if (willDelay is { } delay) properties.With(PropertyId.WillDelay, delay);
        if (message.Expiry is { } expiry) properties.With(PropertyId.MessageExpiry, (uint)expiry.TotalSeconds);
        if (message.ContentType is { } type) properties.With(PropertyId.ContentType, type);
        if (message.ResponseTopic is { } response) properties.With(PropertyId.ResponseTopic, response);
        if (message.CorrelationData is { } data) properties.With(new Property(PropertyId.CorrelationData, Bytes: data));
        foreach (var (name, value) in message.UserProperties)
            properties.With(new Property(PropertyId.UserProperty, Text: name, Value: value));
        return properties;
    }
}
