using PluginNode.Identity;

namespace PluginNode.Sync;

/// <summary>
/// One way to get events from neighbours. Registered as a singleton in <see cref="Plugins.IPluginBuilder.Services"/>;
/// a plugin may register many. The kernel calls one strategy at a time, and the next one in the chain where the outcome
/// is not <see cref="SyncOutcome.Complete"/>.
/// </summary>
public interface ISyncStrategy
{
    /// <summary>What configuration (<c>sync.chain</c>) and reports call it, <c>[a-z0-9-]</c>, e.g. <c>mesh-pages</c>;
    /// unique on a node. Constant.</summary>
    string Name { get; }

    /// <summary>Its place in the default chain: lower ones are tried first. Complete ones have less than 100, sampling
    /// ones less than 200. Constant.</summary>
    int Rank { get; }

    /// <summary>
    /// Asks neighbours, and hands what they tell to <see cref="ISyncSession.MergeAsync"/>. Never throws for what a
    /// neighbour or the network does: a call that failed goes to another neighbour, and is told to
    /// <see cref="ISyncSession.Called"/> either way. Asks several neighbours at once, but no more calls than
    /// <see cref="MemoryProfile.CallsAtOnce"/>.
    /// </summary>
    /// <param name="session">What is wanted, and where events go; not to be used after the task has ended.</param>
    /// <param name="cancellation">The node stops, or the attempt took too long. What was merged stays merged.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="Storage.StoreException">Merging failed: not the neighbours' fault.</exception>
    Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation);
}

/// <summary>Extra service of a plugin: what neighbours hold by day, so that coverage can be told.</summary>
public interface INeighbourDays
{
    /// <summary>Asks one neighbour. Null where it can't be reached in this way, has no such call, or fails: coverage
    /// then says so. Called from one thread at a time for a neighbour, for several neighbours at once; throws for
    /// cancellation only.</summary>
    Task<IReadOnlyList<Events.LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation);
}

/// <summary>How a strategy ended.</summary>
public enum SyncOutcome
{
    /// <summary>Every neighbour of the plan that can be asked in this way, as many as the profile has asked, was read
    /// to its last page or holds what is here. Sampling never is.</summary>
    Complete = 0,

    /// <summary>Something came, but not all.</summary>
    Partial,

    /// <summary>No neighbour of the plan can be asked in this way, or it does not serve this purpose. Nothing was
    /// asked.</summary>
    Unavailable,

    /// <summary>Neighbours were asked, and nothing that can be used came of it.</summary>
    Failed,
}

/// <summary>What a strategy says at its end. Calls and events are counted by the session.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why not complete, one line for people; null where there is nothing to say.</param>
public sealed record SyncReport(SyncOutcome Outcome, string? Reason = null)
{
    /// <summary>Whom it read to the last page, from <see cref="Neighbour.Since"/> on, or who holds what is here: next
    /// time they are asked only for what is new. None where only some services were asked for. Default: none.</summary>
    public IReadOnlyList<PeerId> ReadToEnd { get; init; } = [];
}
