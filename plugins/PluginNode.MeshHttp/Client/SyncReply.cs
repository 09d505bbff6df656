using PluginNode.Events;

namespace PluginNode.MeshHttp.Client;

/// <summary>What came of asking a neighbour.</summary>
internal enum AskOutcome
{
    /// <summary>It answered, and signed the answer.</summary>
    Answered,

    /// <summary>It answered, and signed the answer, but is an older peer that knows no modes: it gives its newest
    /// events to whatever it is asked. What came may be merged; asking again brings the same.</summary>
    OlderPeer,

    /// <summary>It answered with an error: it does not know us, or not what was asked.</summary>
    Refused,

    /// <summary>It is asked too much, or is stopping: later.</summary>
    Busy,

    /// <summary>There was no answer.</summary>
    Unreachable,

    /// <summary>The answer came slower than any link that sync is for.</summary>
    TooSlow,

    /// <summary>The answer was larger than is taken, or did not end.</summary>
    TooLarge,

    /// <summary>The answer is none, whoever signed it.</summary>
    Malformed,

    /// <summary>The answer is not signed by that neighbour, in its headers, its body or for this request.</summary>
    WrongSignature,

    /// <summary>The answer was signed more than 30 s away from this node's time.</summary>
    NotFresh,

    /// <summary>It answered, and signed the answer, but the next page would be this one or one before it. What came may
    /// be merged.</summary>
    RepeatedCursor,
}

/// <summary>The outcome of one question, and what came.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Reason">One line for people; null where it answered.</param>
internal sealed record SyncReply(AskOutcome Outcome, string? Reason = null)
{
    /// <summary>Whether events came that may be verified and merged.</summary>
    public bool HasAnswer =>
        Outcome is AskOutcome.Answered or AskOutcome.OlderPeer or AskOutcome.RepeatedCursor;

    /// <summary>Each event's JSON exactly as it came; not verified. Keeps the whole answer alive.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Events { get; init; } = [];

    /// <summary>Id and timestamp of those events that have both, as they claim.</summary>
    public IReadOnlyList<EventMark> Marks { get; init; } = [];

    /// <summary>What to ask the next page with; null after the last.</summary>
    public LedgerCursor? Next { get; init; }

    /// <summary>Whether the neighbour proved to be a PluginNode.</summary>
    public bool IsPluginNode { get; init; }

    /// <summary>How many events were asked for at last: fewer than at first where that was too much.</summary>
    public long Asked { get; init; }

    /// <summary>Bytes of the answer before compression; of all tries.</summary>
    public long Bytes { get; init; }

    /// <summary>HTTP status; 0 where none came.</summary>
    public int Status { get; init; }

    /// <summary>Whether it says, in nara's words, which nobody signs, that it does not know this node's name. That a
    /// signature does not hold may be for a wrong key on either side.</summary>
    public bool IsUnknownThere => Outcome == AskOutcome.Refused && Status == 401
        && Reason?.Contains("unknown sender", StringComparison.Ordinal) == true;

    public static SyncReply Failed(AskOutcome outcome, string reason) =>
        new(outcome, ReasonLine.Of(reason));
}

/// <summary>What an event says that it is.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Time">Its timestamp, in nanoseconds.</param>
internal readonly record struct EventMark(EventId Id, long Time);

/// <summary>What a neighbour holds by day.</summary>
/// <param name="Reply">What came of asking; <see cref="AskOutcome.Refused"/> with 404 from who has no such
/// call.</param>
/// <param name="Days">Oldest first.</param>
internal sealed record DaysReply(SyncReply Reply, IReadOnlyList<LedgerDay> Days);
