namespace PluginNode.Mqtt.Packets;

/// <summary>Why received bytes are no packet that may be taken. The connection ends with it.</summary>
/// <param name="Reason">The code that the other side is told.</param>
/// <param name="Text">One line for people; holds nothing that was received but numbers.</param>
internal readonly record struct PacketFault(MqttReason Reason, string Text);
