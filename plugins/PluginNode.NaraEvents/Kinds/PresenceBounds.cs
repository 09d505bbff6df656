using PluginNode.Events;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>How many greetings, and how many goodbyes, of one emitter a ledger holds. Only the newest says whether
/// somebody is there; every start makes one of each, and they are worth more than most events.</summary>
internal static class PresenceBounds
{
    private const int MostOfEmitter = 20;

    /// <summary>By who signed it and not by whom it names: names can be made up, and each would be a group of its
    /// own.</summary>
    public static IReadOnlyList<EventBound> Of(string emitter) => [new EventBound(Rule: 1, MostOfEmitter, emitter)];
}
