using Microsoft.Extensions.Logging;

namespace PluginNode.Mqtt;

/// <summary>What the plugin logs: events 5000–5099. No payloads and no credentials.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(5000, LogLevel.Information, "Connected to the broker {Broker} with MQTT {Version}.")]
    public static partial void Connected(ILogger logger, string broker, string version);

    [LoggerMessage(5001, LogLevel.Warning, "No connection to the broker {Broker}: {Text}. The next try is in {Delay}.")]
    public static partial void NotConnected(ILogger logger, string broker, string text, TimeSpan delay);

    [LoggerMessage(5002, LogLevel.Information,
        "The broker {Broker} does not take MQTT 5.0; 3.1.1 is spoken. Response topics, correlation data, expiry and "
        + "user properties are not carried.")]
    public static partial void FellBack(ILogger logger, string broker);

    [LoggerMessage(5003, LogLevel.Warning, "The broker refused the subscription to {Filter}: {Text}.")]
    public static partial void SubscriptionRefused(ILogger logger, string filter, string text);

    [LoggerMessage(5004, LogLevel.Warning,
        "A handler of {Filter} failed; its message is not sent again: {Reason}")]
    public static partial void HandlerFailed(ILogger logger, string filter, string reason);

    [LoggerMessage(5005, LogLevel.Error,
        "A handler of {Filter} did not end within {Limit}. Until it does, messages for it are refused.")]
    public static partial void HandlerStuck(ILogger logger, string filter, TimeSpan limit);

    [LoggerMessage(5006, LogLevel.Warning,
        "Messages for {Filter} come faster than they are handled; one of QoS 0 was dropped. Told for the 1st, 2nd, "
        + "4th, … of them; this is number {Count}.")]
    public static partial void Dropped(ILogger logger, string filter, long count);

    [LoggerMessage(5007, LogLevel.Warning, "A message of QoS 0 was not sent: {Text}.")]
    public static partial void NotSent(ILogger logger, string text);

    [LoggerMessage(5008, LogLevel.Error, "The connection to the broker ends by a fault in this program: {Reason}")]
    public static partial void Broke(ILogger logger, string reason);

    [LoggerMessage(5009, LogLevel.Error, "What was told of the state of the connection failed: {Reason}")]
    public static partial void ObserverFailed(ILogger logger, string reason);

    [LoggerMessage(5010, LogLevel.Warning,
        "A message of {Bytes} bytes was passed over: {Most} are taken. Told once for a connection.")]
    public static partial void PassedOver(ILogger logger, int bytes, int most);

    [LoggerMessage(5020, LogLevel.Information,
        "No broker is set, so that nothing goes over MQTT. To use one, set plugins.settings.mqtt.broker.")]
    public static partial void NoBroker(ILogger logger);

    [LoggerMessage(5021, LogLevel.Warning,
        "Requests on this node's topic are passed over: they are retained, for another node, or malformed. Somebody "
        + "writes there who should not, or a peer has another version. Told once a minute.")]
    public static partial void MalformedRequest(ILogger logger);

    [LoggerMessage(5022, LogLevel.Warning,
        "Requests of {Peer} are passed over: it is not in the peer list. Told once a minute.")]
    public static partial void UnknownSender(ILogger logger, string peer);

    [LoggerMessage(5023, LogLevel.Warning,
        "A request in the name of {Peer} has a wrong signature. Told once a minute.")]
    public static partial void WrongSignature(ILogger logger, string peer);

    [LoggerMessage(5024, LogLevel.Information,
        "The clock of {Peer} is {Offset} away from this node's; requests to it carry its time.")]
    public static partial void ClockLearnt(ILogger logger, string peer, TimeSpan offset);

    [LoggerMessage(5025, LogLevel.Information,
        "A request of {Peer} was signed {Behind} behind this node's time; it was told the time and signs again. If "
        + "this goes on, look for a slow broker or an unsteady clock. Told once a minute.")]
    public static partial void NotFresh(ILogger logger, string peer, TimeSpan behind);

    [LoggerMessage(5026, LogLevel.Debug, "A request of {Peer} came again, as QoS 1 may bring it.")]
    public static partial void CameAgain(ILogger logger, string peer);

    [LoggerMessage(5027, LogLevel.Warning,
        "{Peer} makes more requests than are remembered; further ones wait for half a minute. If this goes on, look at "
        + "what that node does. Told once a minute.")]
    public static partial void TooManyRequests(ILogger logger, string peer);

    [LoggerMessage(5028, LogLevel.Warning,
        "There was no room for a request of {Peer}; it will come again. If this goes on, look at the store, or raise "
        + "plugins.settings.mqtt.maxPacketBytes, which the room grows with. Told once a minute.")]
    public static partial void NoRoom(ILogger logger, string peer);

    [LoggerMessage(5029, LogLevel.Warning,
        "A request of {Peer} was not answered: {Reason}. It will come again. Told once a minute.")]
    public static partial void NotAnswered(ILogger logger, string peer, string reason);

    [LoggerMessage(5030, LogLevel.Error, "Taking frames of {Peer} failed: {Reason}")]
    public static partial void ReceiveFailed(ILogger logger, string peer, string reason);

    [LoggerMessage(5031, LogLevel.Warning,
        "That this node came or went was not said to the broker: {Text}. Peers notice it by their next try only.")]
    public static partial void PresenceNotSaid(ILogger logger, string text);

    [LoggerMessage(5032, LogLevel.Information,
        "A request for events in the name of {Name} was not answered: nobody of that name is known here. Told once a "
        + "minute.")]
    public static partial void UnknownAsker(ILogger logger, string name);

    [LoggerMessage(5033, LogLevel.Warning,
        "Requests for events in the name of {Name} come too often, or too many in all; some are not answered. Told "
        + "once a minute.")]
    public static partial void AsksTooOften(ILogger logger, string name);

    [LoggerMessage(5034, LogLevel.Warning,
        "That this node came or went was not said on nara/plaza: {Text}. Others notice it by sync only.")]
    public static partial void NotAnnounced(ILogger logger, string text);

    [LoggerMessage(5035, LogLevel.Warning,
        "More is said on nara/plaza than is taken, in one name or in all; some of it was dropped, and comes by sync. "
        + "Told once a minute.")]
    public static partial void PlazaTooLoud(ILogger logger);

    [LoggerMessage(5036, LogLevel.Warning,
        "What was said on nara/plaza was not taken: {Reason}. It comes by sync. Told once a minute.")]
    public static partial void PlazaNotTaken(ILogger logger, string reason);

    [LoggerMessage(5037, LogLevel.Information,
        "Nothing is said or taken on nara/plaza: no plugin provides the event kinds hey-there and chau. Install "
        + "nara-events for it.")]
    public static partial void NoPresenceKinds(ILogger logger);

    [LoggerMessage(5038, LogLevel.Error, "Answering a request of {Peer} failed: {Reason}")]
    public static partial void AnswerFailed(ILogger logger, string peer, string reason);

    [LoggerMessage(5039, LogLevel.Warning,
        "An event with {Bytes} bytes of data was not told to {Peer}: an answer to it has at most {Most} bytes. Raise "
        + "maxPacketBytes there, or what the broker takes. Told once a minute.")]
    public static partial void LeftOut(ILogger logger, string peer, int bytes, int most);

    [LoggerMessage(5040, LogLevel.Warning,
        "A request for events in the name of {Name} was not answered: {Reason}. Told once a minute.")]
    public static partial void NaraNotAnswered(ILogger logger, string name, string reason);
}
