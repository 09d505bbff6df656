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
}
