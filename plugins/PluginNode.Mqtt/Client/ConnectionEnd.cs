using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>Why a connection ended, or was not made.</summary>
/// <param name="Reason">As the broker said, or as it was told.</param>
/// <param name="Text">For people, one line.</param>
/// <param name="IsFinal">Trying again soon is no use.</param>
/// <param name="WasSilent">The broker closed without an answer to CONNECT.</param>
/// <param name="IsFromBroker">The broker, or the network, ended it: there is nobody to be told why.</param>
internal sealed record ConnectionEnd(
    MqttReason Reason, string Text, bool IsFinal = false, bool WasSilent = false, bool IsFromBroker = false)
{
    public static ConnectionEnd Lost(string text) => new(MqttReason.Unspecified, text, IsFromBroker: true);

    public static ConnectionEnd Silent() => new(
        MqttReason.ServerUnavailable, "the broker closed the connection before it answered", WasSilent: true);

    public static ConnectionEnd Of(PacketFault fault) =>
        new(fault.Reason, $"the broker sent what it may not: {fault.Text}");

    /// <summary>CONNACK refused.</summary>
    public static ConnectionEnd Refused(ConnAckPacket answer) =>
        new(answer.Reason, $"the broker refused the connection: {Explain(answer)}", WaitsLong(answer.Reason));

    /// <summary>The broker sent DISCONNECT.</summary>
    public static ConnectionEnd Told(DisconnectPacket packet) =>
        new(packet.Reason, $"the broker ended the connection: {Explain(packet, packet.Reason)}",
            WaitsLong(packet.Reason), IsFromBroker: true);

    private static string Explain(ConnAckPacket answer) => Explain(answer, answer.Reason);

    private static string Explain(Packet packet, MqttReason reason) =>
        ReasonText.With(reason, packet.Properties) + packet.Properties.Text(PropertyId.ServerReference) switch
        {
            { Length: > 0 } server => $"; it names {ReasonText.OneLine(server)}",
            _ => "",
        };

    private static bool WaitsLong(MqttReason reason) => reason is MqttReason.BadUserNameOrPassword
        or MqttReason.NotAuthorized or MqttReason.ClientIdNotValid or MqttReason.Banned
        or MqttReason.UnsupportedProtocolVersion or MqttReason.BadAuthenticationMethod or MqttReason.SessionTakenOver
        or MqttReason.UseAnotherServer or MqttReason.ServerMoved or MqttReason.AdministrativeAction
        or MqttReason.QosNotSupported or MqttReason.RetainNotSupported or MqttReason.TopicNameInvalid;
}
