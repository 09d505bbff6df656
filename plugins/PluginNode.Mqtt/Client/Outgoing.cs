using System.Text;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>A message on its way out.</summary>
internal sealed class Outgoing
{
    public Outgoing(MqttMessage message)
    {
        Packet = MessageParts.ToPacket(message);
        Bytes = 64 + message.Payload.Length + Encoding.UTF8.GetByteCount(message.Topic) + MessageParts.Bytes(message);
        if (message.Qos == MqttQos.AtLeastOnce)
            Done = new TaskCompletionSource<MqttPublishResult>(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public PublishPacket Packet { get; }

    /// <summary>At least what it is encoded, and about what it holds in memory.</summary>
    public long Bytes { get; }

    /// <summary>Of QoS 1.</summary>
    public TaskCompletionSource<MqttPublishResult>? Done { get; }

    /// <summary>Ascends as messages were first sent; re-delivery keeps that order (5.0 §4.6).</summary>
    public long Order { get; set; }

    /// <summary>Whether it is sent on the current connection.</summary>
    public bool IsOut { get; set; }

    public bool IsGivenUp => Done is { Task.IsCompleted: true };
}
