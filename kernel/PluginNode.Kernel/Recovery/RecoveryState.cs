using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>Where recovery stands.</summary>
public enum RecoveryPhase
{
    /// <summary>Not begun yet, or there is no strategy, or the chain is empty by configuration.</summary>
    Off = 0,

    /// <summary>For neighbours, or for the next try.</summary>
    Waiting,

    /// <summary>A strategy is at work.</summary>
    Recovering,

    /// <summary>The chain did not end complete; the checkpoints are read, whatever else is missing.</summary>
    Checkpoints,

    /// <summary>Done: every neighbour was read to its last page, or holds what this node holds.</summary>
    Recovered,

    /// <summary>Neighbours answered, but not all of it is here; it is completed in the background.</summary>
    Partial,

    /// <summary>Nobody was there, or all that are there refuse this node (<see cref="RecoveryState.Refusing"/>); it
    /// goes on trying in the background.</summary>
    Alone,
}

/// <summary>What recovery is at, or came to. An immutable snapshot.</summary>
public sealed record RecoveryState
{
    /// <summary>Where it stands.</summary>
    public RecoveryPhase Phase { get; init; }

    /// <summary>The strategy that is at work, or that gave the result; null: none.</summary>
    public string? Strategy { get; init; }

    /// <summary>Which try this is or was, from 1; 0: none yet.</summary>
    public int Attempt { get; init; }

    /// <summary>How many neighbours answered nothing in the last try, and said that they do not know this node: it has
    /// to be in their peer list. Whoever is on the way can say so in their place.</summary>
    public int Refusing { get; init; }

    /// <summary>When the last recovery began, all its tries included; null: none did.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; null while it is under way.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When something is tried again: the whole recovery, or background sync; null: nothing is due.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The strategies that the last try went through, in that order.</summary>
    public IReadOnlyList<SyncStep> Steps { get; init; } = [];

    /// <summary>How far the strategy at work has come; null where none is.</summary>
    public SyncProgress? Progress { get; init; }

    /// <summary>How complete the ledger is, as far as that can be told; null: not looked at yet.</summary>
    public Coverage? Coverage { get; init; }

    /// <summary>What checks signatures, e.g. <c>libcrypto</c>.</summary>
    public string SignatureChecks { get; init; } = "";

    /// <summary>The last background sync; null: none yet.</summary>
    public BackgroundSync? LastBackground { get; init; }

    /// <summary>Whether a recovery is under way.</summary>
    public bool IsUnderWay => Phase is RecoveryPhase.Waiting or RecoveryPhase.Recovering or RecoveryPhase.Checkpoints;
}

/// <summary>What was counted. Received = merged + duplicates + pending + pruned + all that was rejected.</summary>
public sealed record SyncCounts
{
    /// <summary>Calls, those that failed included.</summary>
    public long Calls { get; init; }

    /// <summary>Calls that failed.</summary>
    public long Failures { get; init; }

    /// <summary>Events that were told.</summary>
    public long Received { get; init; }

    /// <summary>Those that are new.</summary>
    public long Merged { get; init; }

    /// <summary>Those that were here.</summary>
    public long Duplicates { get; init; }

    /// <summary>Those that wait for a key.</summary>
    public long Pending { get; init; }

    /// <summary>Those that are less important or older than what the full ledger holds.</summary>
    public long Pruned { get; init; }

    /// <summary>Those that had waited for a key from earlier on, and were merged now; not among the others.</summary>
    public long Freed { get; init; }

    /// <summary>Bytes of answers, before compression.</summary>
    public long Bytes { get; init; }

    /// <summary>Those that were kept out, by reason; a reason without any is not there.</summary>
    public IReadOnlyDictionary<EventVerdict, long> Rejected { get; init; } = new Dictionary<EventVerdict, long>();

    /// <summary>Both together.</summary>
    internal SyncCounts Plus(SyncCounts other)
    {
        var rejected = new SortedDictionary<EventVerdict, long>(Rejected.ToDictionary());
        foreach (var (verdict, count) in other.Rejected)
            rejected[verdict] = rejected.GetValueOrDefault(verdict) + count;
        return new SyncCounts
        {
            Calls = Calls + other.Calls, Failures = Failures + other.Failures, Received = Received + other.Received,
            Merged = Merged + other.Merged, Duplicates = Duplicates + other.Duplicates,
            Pending = Pending + other.Pending, Pruned = Pruned + other.Pruned, Freed = Freed + other.Freed,
            Bytes = Bytes + other.Bytes, Rejected = rejected,
        };
    }
}

/// <summary>One strategy that was walked.</summary>
/// <param name="Strategy">Its name.</param>
/// <param name="Purpose">What it was to do.</param>
/// <param name="Outcome">How it ended, as far as the node believes it.</param>
/// <param name="Reason">Why not complete, or what is remarkable about it; null: nothing.</param>
/// <param name="Counts">What it did.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Neighbours">The same by neighbour, those that were asked.</param>
public sealed record SyncStep(
    string Strategy, SyncPurpose Purpose, SyncOutcome Outcome, string? Reason, SyncCounts Counts, TimeSpan Elapsed,
    IReadOnlyList<NeighbourSync> Neighbours);

/// <summary>What one neighbour did for a strategy.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Counts">What it did.</param>
/// <param name="LastFailure">Why the last call that failed did; null: none failed.</param>
public sealed record NeighbourSync(string Name, SyncCounts Counts, string? LastFailure);

/// <summary>How far a strategy has come.</summary>
/// <param name="Calls">Calls that ended.</param>
/// <param name="Events">Events that were told.</param>
/// <param name="Bytes">Bytes of answers, before compression.</param>
/// <param name="Expected">How many events there will be in all, as the strategy guesses; null: it does not.</param>
/// <param name="Rate">Events in a second, since it began.</param>
/// <param name="TimeLeft">How long it will still take at this rate; null: unknown.</param>
public sealed record SyncProgress(
    long Calls, long Events, long Bytes, long? Expected, double Rate, TimeSpan? TimeLeft);

/// <summary>One background sync.</summary>
/// <param name="At">When it ended.</param>
/// <param name="From">Which neighbours were asked, by name.</param>
/// <param name="Strategy">Which strategy did it; null: none could.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Merged">How many events were new.</param>
/// <param name="Reason">Why not complete; null: nothing to say.</param>
/// <param name="Neighbours">What each did that was asked, and what of it was kept out.</param>
public sealed record BackgroundSync(
    DateTimeOffset At, IReadOnlyList<string> From, string? Strategy, SyncOutcome Outcome, long Merged, string? Reason,
    IReadOnlyList<NeighbourSync> Neighbours);
