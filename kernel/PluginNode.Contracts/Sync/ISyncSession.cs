using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.Sync;

/// <summary>One run of a strategy. Callable from any thread, several calls at once.</summary>
public interface ISyncSession
{
    /// <summary>What is wanted, and from whom.</summary>
    SyncPlan Plan { get; }

    /// <summary>Verifies events and merges them into the ledger. Nothing that stands in them throws.</summary>
    /// <param name="from">Who told them.</param>
    /// <param name="events">Each one JSON object, as <see cref="IEventWriter"/> writes it; the caller's again once the
    /// call has returned its task.</param>
    /// <param name="cancellation">Gives up where nothing was begun to be merged.</param>
    /// <exception cref="Storage.StoreException">The store failed: nothing was merged, and trying again is
    /// safe.</exception>
    Task<MergeReport> MergeAsync(
        Neighbour from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation);

    /// <summary>Tells of one call that was made, however it ended.</summary>
    void Called(NeighbourCall call);

    /// <summary>The best guess of how many events this run will receive in all: for people who watch it. The last one
    /// counts.</summary>
    void Expect(long events);
}

/// <summary>A peer that may be asked for events.</summary>
/// <param name="Name">What it is called here; in networks that sign by name, its name there.</param>
/// <param name="Id">Its key.</param>
/// <param name="Addresses">Where it may be reached, the preferred one first. A strategy takes those of its own scheme;
/// who has none is not its neighbour.</param>
public sealed record Neighbour(string Name, PeerId Id, IReadOnlyList<PeerAddress> Addresses)
{
    /// <summary>Everything that it held with an earlier timestamp was read before: nanoseconds, with the overlap taken
    /// off; 0: nothing was.</summary>
    public long Since { get; init; }
}

/// <summary>What one call to a neighbour came to.</summary>
/// <param name="Neighbour">Who was asked.</param>
/// <param name="Failure">Why it failed, one line for people; null where it was answered.</param>
/// <param name="Bytes">Of the answer, as events in JSON: before compression.</param>
public readonly record struct NeighbourCall(Neighbour Neighbour, string? Failure, long Bytes)
{
    /// <summary>Whether it failed because the neighbour does not know this node. Anybody on the way can say so
    /// where nobody signs it: it is for people, and nothing is decided by it. Default: false.</summary>
    public bool IsUnknownThere { get; init; }
}

/// <summary>What neighbours are asked for.</summary>
public enum SyncPurpose
{
    /// <summary>All that they have, after the start or when it is run again.</summary>
    Boot = 0,

    /// <summary>What is new since the last contact.</summary>
    Background,

    /// <summary>All events of <see cref="SyncPlan.Services"/>, whatever else was left out.</summary>
    Checkpoints,

    /// <summary>What the operator wants of one neighbour: all that it has, or all of
    /// <see cref="SyncPlan.Subjects"/>.</summary>
    Asked,
}

/// <summary>What a strategy is to do.</summary>
public sealed record SyncPlan
{
    /// <summary>What for.</summary>
    public required SyncPurpose Purpose { get; init; }

    /// <summary>Whom to ask, the ones that answered best first; at least one. A strategy asks no others.</summary>
    public required IReadOnlyList<Neighbour> Neighbours { get; init; }

    /// <summary>How much at most, and how much at once.</summary>
    public required MemoryProfile Profile { get; init; }

    /// <summary>Only events of these services; empty: of all. Default: all.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Only events by or about one of these; empty: all. A neighbour that cannot pick by them may tell others
    /// too. Default: all.</summary>
    public IReadOnlyList<string> Subjects { get; init; } = [];

    /// <summary>Most events of one call. Default: the profile's.</summary>
    public int? PageEvents { get; init; }

    /// <summary>How long one call may take; null: as the strategy's settings have it. Default: null.</summary>
    public TimeSpan? CallTime { get; init; }
}
