namespace PluginNode.Mqtt;

/// <summary>How often a message arrives (5.0 §4.3). QoS 2 is not spoken.</summary>
public enum MqttQos
{
    /// <summary>At most once: it is gone when the connection breaks.</summary>
    AtMostOnce = 0,

    /// <summary>At least once: it is acknowledged, and sent again after a reconnect until it is.</summary>
    AtLeastOnce = 1,
}
