namespace PluginNode.Events;

/// <summary>A group of events of one service that a ledger holds only so many of. Two bounds with equal members are
/// the same group.</summary>
/// <param name="Rule">Which of the kind's rules; any number, constant.</param>
/// <param name="Most">Most events of the group, at least 1; constant for a rule. Beyond it the least important go, and
/// among equals the oldest.</param>
/// <param name="Of">Whose events, e.g. the emitter's name; empty where that makes no difference.</param>
/// <param name="About">About whom; empty where that makes no difference.</param>
/// <param name="Window">Which stretch of time, e.g. the timestamp divided by its length; 0 where that makes no
/// difference.</param>
public readonly record struct EventBound(int Rule, int Most, string Of = "", string About = "", long Window = 0);

/// <summary>Extra ability of an event kind: it bounds how many of its events a ledger holds, so that many of one sort
/// do not push out others.</summary>
public interface IBoundedKind
{
    /// <summary>
    /// The groups that a verified event belongs to, the narrowest first; each must lie within the one after it, or
    /// ledgers that heard the same events in another order would hold others. May depend on the arguments alone. From
    /// any number of threads at once; what it throws counts as no bound at all.
    /// </summary>
    /// <param name="emitter">Who tells it, as signed; empty where voters vouch for it.</param>
    /// <param name="timestamp">Nanoseconds since 1970.</param>
    /// <param name="reading">What <see cref="IEventKind.Read"/> read.</param>
    IReadOnlyList<EventBound> BoundsOf(string emitter, long timestamp, in EventReading reading);
}
