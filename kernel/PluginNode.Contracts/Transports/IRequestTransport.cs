using PluginNode.Identity;

namespace PluginNode.Transports;

/// <summary>
/// Extra ability of a transport: asks a peer, and brings the answer back. A request is no message: it is not kept, not
/// tried again and in no order with others; what is lost is asked again by who wants to know.
/// </summary>
public interface IRequestTransport
{
    /// <summary>How much it moves. The same after the start.</summary>
    RequestBounds Bounds { get; }

    /// <summary>
    /// Asks one peer at one address, once, and waits for the answer. Called from many threads at once, for different
    /// peers and also for one peer. Never throws for what the network or the peer does, and ends by itself when the
    /// peer is silent or slow: the transport's settings say when.
    /// </summary>
    /// <param name="peer">Who must be at the other end; proved before anything but
    /// <see cref="RequestStatus.Failed"/> is told.</param>
    /// <param name="address">One of its addresses, of this transport's scheme.</param>
    /// <param name="request">What is asked; one that is too large is <see cref="RequestStatus.TooLarge"/> and does not
    /// go out.</param>
    /// <param name="cancellation">Gives up waiting: <see cref="RequestStatus.Failed"/>.</param>
    /// <returns>What came of it. An answer has as many bytes as was asked for at most.</returns>
    Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation);
}

/// <summary>How much a transport moves in one request, which the other end may narrow down.</summary>
/// <param name="MaxRequestBytes">The largest body of a request, in bytes.</param>
/// <param name="MaxAnswerBytes">The largest body of an answer, in bytes.</param>
public readonly record struct RequestBounds(int MaxRequestBytes, int MaxAnswerBytes);

/// <summary>Extra ability of what a transport is started with: it answers requests. Where it has not, they are
/// <see cref="RequestStatus.Unsupported"/>.</summary>
public interface IRequestHost
{
    /// <summary>Judges a request by its head, so that a body that nobody wants need not be read. Called from any
    /// thread; returns at once.</summary>
    /// <param name="from">The authenticated peer that asks.</param>
    /// <param name="protocol">Whatever it says.</param>
    /// <param name="bytes">How long the body is, as far as is known; else 0.</param>
    /// <returns>Null where <see cref="AnswerAsync"/> is to be called; else what the peer is to be told.</returns>
    RequestOutcome? Judge(PeerId from, string protocol, long bytes);

    /// <summary>
    /// Answers one request of an authenticated peer. Called from any thread, for several requests at once. Does not
    /// throw; ends within half a minute, and soon when cancelled.
    /// </summary>
    /// <param name="from">The authenticated peer that asks.</param>
    /// <param name="request">What it asks; the body is the transport's again when the task completes. The most bytes of
    /// the answer are what asker and transport move, whichever is less.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    /// <returns>What the peer is to be told: an answer that is not too large, or why there is none, never
    /// <see cref="RequestStatus.Failed"/> or <see cref="RequestStatus.TooSlow"/>.</returns>
    Task<RequestOutcome> AnswerAsync(PeerId from, PeerRequest request, CancellationToken cancellation);
}
