using PluginNode.Identity;

namespace PluginNode.Mqtt.Wire;

/// <summary>The topics of our own. Each is its owner's: it reads what stands there, and writes its presence.</summary>
internal static class Topics
{
    private const string Root = "pluginnode/";
    private const string PresenceEnd = "/presence";

    /// <summary>The presence of everybody.</summary>
    public const string AllPresence = $"{Root}+{PresenceEnd}";

    /// <summary>Where a peer takes frames.</summary>
    public static string FramesOf(PeerId peer) => $"{Root}{peer}/frames";

    /// <summary>Where a peer takes what came of frames that it sent.</summary>
    public static string OutcomesOf(PeerId peer) => $"{Root}{peer}/outcomes";

    /// <summary>Where a peer is asked for events.</summary>
    public static string LedgerOf(PeerId peer) => $"{Root}{peer}/ledger";

    /// <summary>Where a peer takes events that it asked for.</summary>
    public static string EventsOf(PeerId peer) => $"{Root}{peer}/events";

    /// <summary>Where a peer takes requests to named protocols.</summary>
    public static string RequestsOf(PeerId peer) => $"{Root}{peer}/requests";

    /// <summary>Where a peer takes answers to requests that it made.</summary>
    public static string AnswersOf(PeerId peer) => $"{Root}{peer}/answers";

    /// <summary>Where a peer says that it is there: retained.</summary>
    public static string PresenceOf(PeerId peer) => $"{Root}{peer}{PresenceEnd}";

    /// <summary>Whose presence stands on a topic; null where it is no such topic.</summary>
    public static PeerId? OwnerOfPresence(string topic) =>
        topic.StartsWith(Root, StringComparison.Ordinal) && topic.EndsWith(PresenceEnd, StringComparison.Ordinal)
        && topic.Length > Root.Length + PresenceEnd.Length
        && PeerId.TryParse(topic[Root.Length..^PresenceEnd.Length], out var peer) ? peer : null;
}
