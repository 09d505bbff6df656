using System.Buffers.Binary;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Frames;

/// <summary>What this node says of itself: retained, so that whoever comes later sees it. One loop.</summary>
internal sealed class OwnPresence
{
    private readonly MqttNode _node;
    private readonly UInt128 _session;
    private readonly int _maxPacketBytes;
    private readonly string _topic;
    private uint _connections;

    public OwnPresence(MqttNode node, int maxPacketBytes)
    {
        Span<byte> session = stackalloc byte[16];
        node.Chance.Fill(session);
        _session = BinaryPrimitives.ReadUInt128BigEndian(session);
        (_node, _maxPacketBytes, _topic) = (node, maxPacketBytes, Topics.PresenceOf(node.Signer.Self));
    }

    /// <summary>The last will, and what is said when it stops.</summary>
    public MqttMessage Down => Message(new PresenceText(false, _session, 0, _maxPacketBytes));

    /// <summary>A new connection.</summary>
    public MqttMessage Up() => Message(new PresenceText(true, _session, ++_connections, _maxPacketBytes));

    // QoS 0: it is said once for each connection, and is lost with it only
    private MqttMessage Message(PresenceText presence) =>
        new() { Topic = _topic, Payload = presence.Write(_node.Signer), Retain = true };
}
