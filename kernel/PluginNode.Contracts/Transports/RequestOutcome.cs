namespace PluginNode.Transports;

/// <summary>What came of a request.</summary>
public enum RequestStatus
{
    /// <summary>There is no word of the peer: nobody is there, or another peer, it was cancelled, the connection broke,
    /// garbage came. The peer may have worked on it all the same. Another address may do.</summary>
    Failed = 0,

    /// <summary>The peer answered.</summary>
    Answered,

    /// <summary>Nothing there answers this protocol.</summary>
    Unsupported,

    /// <summary>The peer does not answer this: it does not take anything from this node, the request makes no sense to
    /// it, or what answers there failed.</summary>
    Refused,

    /// <summary>The peer is asked too much now, or is stopping: later.</summary>
    Busy,

    /// <summary>The request or its answer is larger than one of both ends takes: to ask for less may help.</summary>
    TooLarge,

    /// <summary>The answer began, and was not there as a whole in the time that there is: to ask for less may
    /// help.</summary>
    TooSlow,
}

/// <summary>The outcome of one request. <see cref="RequestStatus.Failed"/> and <see cref="RequestStatus.TooSlow"/> are
/// what the asking end found; the others are the peer's word, which has proved who it is, or for
/// <see cref="RequestStatus.TooLarge"/> either.</summary>
/// <param name="Status">What came of it.</param>
/// <param name="Body">The answer, of any length, where there is one; else empty. Never changed once it was handed
/// over.</param>
/// <param name="Reason">Where there is no answer: why, one line, at most 200 characters.</param>
public readonly record struct RequestOutcome(
    RequestStatus Status, ReadOnlyMemory<byte> Body = default, string? Reason = null)
{
    /// <summary>Whether there is an answer.</summary>
    public bool IsAnswered => Status == RequestStatus.Answered;

    /// <summary>An answer.</summary>
    public static RequestOutcome Answer(ReadOnlyMemory<byte> body) => new(RequestStatus.Answered, body);

    /// <summary>None, and why.</summary>
    public static RequestOutcome None(RequestStatus status, string reason) => new(status, default, reason);
}

/// <summary>What a peer is asked.</summary>
/// <param name="Protocol">Names what answers it there and what its body means: 1 to 255 characters without white space
/// or control characters, e.g. <c>/some/question/1.0</c>.</param>
/// <param name="Body">Any bytes; not changed any more.</param>
/// <param name="MostAnswerBytes">The largest answer that is of use: 0 bytes to 1 GiB. A transport may take less,
/// see <see cref="RequestBounds"/>.</param>
public readonly record struct PeerRequest(string Protocol, ReadOnlyMemory<byte> Body, int MostAnswerBytes)
{
    /// <summary>The longest protocol name, in characters.</summary>
    public const int MostProtocolCharacters = 255;

    /// <summary>Whether a text may name a protocol.</summary>
    public static bool IsProtocol(string? protocol) => protocol is { Length: > 0 and <= MostProtocolCharacters }
        && !protocol.Any(c => char.IsControl(c) || char.IsWhiteSpace(c));
}
