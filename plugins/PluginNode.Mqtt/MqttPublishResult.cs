namespace PluginNode.Mqtt;

/// <summary>What came of a message.</summary>
/// <param name="Reason">The broker's answer with QoS 1; success with QoS 0 once it is in the queue; else why it was not
/// sent.</param>
/// <param name="Text">One line for people; empty on success.</param>
public readonly record struct MqttPublishResult(MqttReason Reason, string Text)
{
    /// <summary>Whether the broker took it (QoS 1), or it waits to be written (QoS 0).</summary>
    public bool IsTaken => Reason < MqttReason.Unspecified;
}
