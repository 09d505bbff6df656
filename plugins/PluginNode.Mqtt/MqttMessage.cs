using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt;

/// <summary>An application message (5.0 §3.3). Immutable: nobody changes the payload once the message is given away or
/// received. With 3.1.1 only topic, payload, QoS and retain are carried.</summary>
public sealed record MqttMessage
{
    /// <summary>The topic name: 1 to 65 535 bytes of UTF-8, without wildcards.</summary>
    public required string Topic { get; init; }

    /// <summary>Any bytes, none included.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>How often it arrives; default at most once.</summary>
    public MqttQos Qos { get; init; }

    /// <summary>Published: the broker keeps it for later subscribers. Received: it was kept.</summary>
    public bool Retain { get; init; }

    /// <summary>Received only: the broker may have sent it before (DUP, 5.0 §3.3.1.1).</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>How long the broker keeps it for subscribers (5.0 §3.3.2.3.3), in whole seconds, at most 2^32 − 1;
    /// received: what is left of it. Null: for ever.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>A topic for answers (5.0 §3.3.2.3.5); received: null where it is none that can be published
    /// to.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>What an answer gives back (5.0 §3.3.2.3.6), at most 65 535 bytes.</summary>
    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    /// <summary>What the payload is (5.0 §3.3.2.3.9).</summary>
    public string? ContentType { get; init; }

    /// <summary>Names and values in their order, doubled names included (5.0 §3.3.2.3.7); at most
    /// 64, and the first 128 of a received message.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> UserProperties { get; init; } = [];

    /// <summary>Null, or what keeps this from being published: one line.</summary>
    internal string? Problem()
    {
        if (TopicText.ProblemOfName(Topic) is { } topic) return $"topic: {topic}";
        if (Qos is not (MqttQos.AtMostOnce or MqttQos.AtLeastOnce)) return $"QoS: {(int)Qos} is not spoken";
        if (Expiry is { } expiry && (expiry < TimeSpan.Zero || expiry.TotalSeconds > uint.MaxValue))
            return "expiry: from 0 to 2^32 − 1 seconds";
        if (ResponseTopic is { } response && TopicText.ProblemOfName(response) is { } wrong)
            return $"response topic: {wrong}";
        if (CorrelationData is { Length: > ushort.MaxValue }) return "correlation data: at most 65 535 bytes";
        if (ContentType is { } type && TopicText.ProblemOfText(type) is { } text) return $"content type: {text}";
        if (UserProperties.Count > 64) return "user properties: at most 64";
        foreach (var (name, value) in UserProperties)
            if ((TopicText.ProblemOfText(name) ?? TopicText.ProblemOfText(value)) is { } bad)
                return $"user properties: {bad}";
        return null;
    }
}
