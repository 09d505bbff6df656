namespace PluginNode.Recovery;

/// <summary>What the node can say about how complete its ledger is. An immutable snapshot.</summary>
public sealed record Coverage
{
    /// <summary>Most gaps that are listed.</summary>
    public const int MostGaps = 100;

    /// <summary>When it was looked at.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Events that are held.</summary>
    public required int Events { get; init; }

    /// <summary>They by service, in ordinal order.</summary>
    public required IReadOnlyList<ServiceCoverage> Services { get; init; }

    /// <summary>Neighbours that were asked for events.</summary>
    public int Asked { get; init; }

    /// <summary>Those of them that answered at least one call.</summary>
    public int Answered { get; init; }

    /// <summary>Those of them that said what they hold by day: the others can't, as a nara peer can't.</summary>
    public int Told { get; init; }

    /// <summary>Those of them that hold something else on some day.</summary>
    public int Disagreeing { get; init; }

    /// <summary>The share of what neighbours hold that is here for certain: of all they told, what lies on days whose
    /// fingerprints agree, or that were read to the end from that neighbour; 0 to 1. Null: nobody could say.</summary>
    public double? Share { get; init; }

    /// <summary>The share of it that can be here: on no day more than is held here of that day; 0 to 1. Null: nobody
    /// could say.</summary>
    public double? ShareAtMost { get; init; }

    /// <summary>Days on which a neighbour holds something that may be missing here, at most
    /// <see cref="MostGaps"/>: those where most is missing first.</summary>
    public IReadOnlyList<CoverageGap> Gaps { get; init; } = [];

    /// <summary>How many such days there are in all, counted for each neighbour.</summary>
    public int GapCount { get; init; }

    /// <summary>Whether the ledger is full: then it lacks, on purpose, what is less important or older, and other nodes
    /// with more room differ from it.</summary>
    public bool IsFull { get; init; }

    /// <summary>Events that the last recovery was told, and that its bounds left no room for.</summary>
    public long Pruned { get; init; }
}

/// <summary>What is held of one service.</summary>
/// <param name="Service">The service.</param>
/// <param name="Events">How many events.</param>
/// <param name="Oldest">Timestamp of the oldest one, in nanoseconds since 1970.</param>
/// <param name="Newest">Timestamp of the newest one.</param>
public sealed record ServiceCoverage(string Service, int Events, long Oldest, long Newest);

/// <summary>A day on which a neighbour holds something that may be missing here.</summary>
/// <param name="Day">The day, UTC, by the events' timestamps.</param>
/// <param name="Neighbour">Who, by the name that it has here.</param>
/// <param name="Theirs">How many events it holds.</param>
/// <param name="Ours">How many are held here.</param>
public sealed record CoverageGap(DateOnly Day, string Neighbour, int Theirs, int Ours);
