using System.Globalization;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>Reasons in words.</summary>
internal static class ReasonText
{
    private const int MostCharacters = 200;

    public static string Of(MqttReason reason) => reason switch
    {
        MqttReason.BadUserNameOrPassword => "wrong user name or password (0x86); correct them",
        MqttReason.NotAuthorized =>
            "not authorized (0x87); look at the user name and password, and at what the broker lets this client do",
        MqttReason.SessionTakenOver =>
            "another client has connected with the same client id (0x8E); give each node a client id of its own",
        MqttReason.ClientIdNotValid => "the client id is not allowed (0x85); choose another one",
        _ => string.Create(
            CultureInfo.InvariantCulture, $"{(Enum.IsDefined(reason) ? reason : "reason")} (0x{(int)reason:X2})"),
    };

    /// <summary>A client may not give every reason in its DISCONNECT (5.0 §3.14.2.1).</summary>
    public static MqttReason MayTell(MqttReason reason) => reason switch
    {
        MqttReason.Success or (>= MqttReason.Unspecified and <= MqttReason.ImplementationSpecific)
            or MqttReason.TopicNameInvalid or (>= MqttReason.ReceiveMaximumExceeded and <= MqttReason.QuotaExceeded)
            => reason,
        _ => MqttReason.ImplementationSpecific,
    };

    /// <summary>With the broker's own words.</summary>
    public static string With(MqttReason reason, Properties properties) =>
        properties.Text(PropertyId.ReasonText) is { Length: > 0 } text ? $"{Of(reason)}: {OneLine(text)}" : Of(reason);

    /// <summary>What a log may be told of a foreign text.</summary>
    public static string OneLine(string text) => string.Concat(
        text.Take(MostCharacters).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\ufffd' : c));
}
