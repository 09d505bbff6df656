using PluginNode.Identity;

namespace PluginNode.Delivery;

/// <summary>
/// Where a message stands.
/// <code>
/// waiting ⇄ sending ──► delivered | sent
///    │         │
///    └────┬────┴──► dead ──replay──► waiting
///         └───────► cancelled | maybeDelivered | quarantined
/// </code>
/// </summary>
public enum MessageState
{
    /// <summary>In its lane.</summary>
    Waiting,

    /// <summary>In a window on its way; its outcome is awaited.</summary>
    Sending,

    /// <summary>The peer has it on stable storage.</summary>
    Delivered,

    /// <summary>It went out, and the wire could say no more.</summary>
    Sent,

    /// <summary>A dead letter.</summary>
    Dead,

    /// <summary>Cancelled before it was ever sent.</summary>
    Cancelled,

    /// <summary>Cancelled, but an earlier attempt may have arrived.</summary>
    MaybeDelivered,

    /// <summary>Its record is damaged; a copy lies in the store's quarantine.</summary>
    Quarantined,
}

/// <summary>One attempt to send a message.</summary>
/// <param name="At">When its outcome came.</param>
/// <param name="Address">Which address was tried last.</param>
/// <param name="Outcome">What came of it, in words.</param>
public sealed record Attempt(DateTimeOffset At, string Address, string Outcome);

/// <summary>A message as it stood when it was asked for.</summary>
public sealed record MessageView(
    Guid Id, PeerId To, string Protocol, string Level, string Key, MessageState State, bool Stable,
    DateTimeOffset Created, DateTimeOffset? Expires, int PayloadBytes, IReadOnlyDictionary<string, string> Attributes,
    string? Reason, DateTimeOffset? EndedAt, DateTimeOffset? NextAttempt, int AttemptCount,
    IReadOnlyList<Attempt> Attempts, long Cursor);

/// <summary>Which messages to list, oldest first.</summary>
/// <param name="State">Only this state; null: all that have not ended.</param>
/// <param name="To">Only for this peer.</param>
/// <param name="After">Only those behind this cursor (<see cref="MessageView.Cursor"/>); 0 from the start.</param>
/// <param name="Limit">At most so many, 1–1000.</param>
public sealed record MessageQuery(MessageState? State = null, PeerId? To = null, long After = 0, int Limit = 100);

/// <summary>What came of a request that changes one message.</summary>
public enum ChangeResult
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>There is no such message.</summary>
    NotFound,

    /// <summary>Its state does not allow it.</summary>
    WrongState,

    /// <summary>The store failed: a restart may undo what was asked for. A retry is safe.</summary>
    Unavailable,
}
