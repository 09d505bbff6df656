using PluginNode.Identity;

namespace PluginNode.Transports;

/// <summary>
/// Answers the requests of one protocol, over whatever transport they come. Registered as a singleton in
/// <see cref="Plugins.IPluginBuilder.Services"/>; a plugin may register many. Two for one protocol: the second plugin
/// is faulted.
/// </summary>
public interface IRequestAnswerer
{
    /// <summary>The protocol, see <see cref="PeerRequest.Protocol"/>. Constant.</summary>
    string Protocol { get; }

    /// <summary>The largest request that it takes, in bytes; larger ones do not reach it. Constant.</summary>
    int MaxRequestBytes { get; }

    /// <summary>
    /// Answers one request of a peer from the peer list. Called from any thread, for several requests at once: at most
    /// 16 of one peer, 128 of all. Takes 20 seconds at most; what takes longer is cancelled and told as a fault, and so
    /// is what it throws.
    /// </summary>
    /// <param name="from">Who asks; authenticated, in the peer list, and not only sent to.</param>
    /// <param name="request">What it asks. The body may be kept. An answer that is longer than
    /// <see cref="PeerRequest.MostAnswerBytes"/> is not sent: <see cref="RequestStatus.TooLarge"/> says so
    /// before.</param>
    /// <param name="cancellation">Nobody waits any more: the peer went away, or the node stops.</param>
    /// <returns>The answer, or why there is none; never <see cref="RequestStatus.Failed"/> or
    /// <see cref="RequestStatus.TooSlow"/>.</returns>
    Task<RequestOutcome> AnswerAsync(PeerId from, PeerRequest request, CancellationToken cancellation);
}

/// <summary>Asks peers, over those transports of the node that can. Handed to plugins; callable from any thread, once
/// the kernel is open: asked earlier, it throws.</summary>
public interface IPeerRequests
{
    /// <summary>Those addresses of a peer at which it can be asked now, in the order of the peer list; none for who is
    /// unknown or only sent to. Transports come and go: it may be asked each time.</summary>
    IReadOnlyList<PeerAddress> AddressesOf(PeerId peer);

    /// <summary>
    /// Asks a peer at one of these addresses after the other, while the outcome is
    /// <see cref="RequestStatus.Failed"/>, or another transport may move what was <see cref="RequestStatus.TooLarge"/>.
    /// Throws for nothing that a network, a peer or another plugin does, and not for cancellation.
    /// </summary>
    /// <exception cref="ArgumentException">The protocol's name is none.</exception>
    Task<RequestOutcome> RequestAsync(PeerId peer, PeerRequest request, CancellationToken cancellation);
}
