namespace PluginNode.Transports;

/// <summary>What came of one frame.</summary>
public enum SendStatus
{
    /// <summary>Not delivered as far as is known; the same frame may be sent again.</summary>
    Retry = 0,

    /// <summary>The peer says, authenticated, that it is on stable storage there.</summary>
    Delivered,

    /// <summary>The peer says, authenticated, that it had it already.</summary>
    Duplicate,

    /// <summary>The bytes went out and the wire can say no more.</summary>
    Sent,

    /// <summary>The peer's kernel refused this envelope for good, authenticated. Authentication failures, clocks,
    /// unknown senders, full inboxes, unknown versions and every unauthenticated status are
    /// <see cref="Retry"/>.</summary>
    Refused,
}

/// <summary>The outcome of the frame with that envelope id.</summary>
/// <param name="Id">The envelope's id, as the peer named it: outcomes are matched by id, never by position.</param>
/// <param name="Status">What came of it.</param>
/// <param name="Reason">For <see cref="SendStatus.Retry"/> and <see cref="SendStatus.Refused"/>: why, one line, at most
/// 200 characters.</param>
/// <param name="RetryAfter">For <see cref="SendStatus.Retry"/>: when, if the peer said so.</param>
public readonly record struct SendOutcome(Guid Id, SendStatus Status, string? Reason = null, TimeSpan? RetryAfter = null);

/// <summary>An encoded, signed envelope on its way. Transports move the bytes and never look inside.</summary>
/// <param name="Id">The envelope's id, for matching outcomes.</param>
/// <param name="Bytes">The frame. Immutable and valid until the send's task completes; to be copied where it is needed
/// longer.</param>
public readonly record struct Frame(Guid Id, ReadOnlyMemory<byte> Bytes);
