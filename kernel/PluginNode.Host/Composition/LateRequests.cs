using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Composition;

/// <summary>Requests to peers as plugins get them: like <see cref="LateLedger"/>, they are not there before the kernel
/// is.</summary>
internal sealed class LateRequests : IPeerRequests
{
    private volatile NodeKernel? _kernel;

    private IPeerRequests Requests => _kernel?.Requests
        ?? throw new InvalidOperationException("The node is not open yet: peers can be asked once transports start.");

    /// <summary>From now on they are there.</summary>
    public void Open(NodeKernel kernel) => _kernel = kernel;

    /// <inheritdoc/>
    public IReadOnlyList<PeerAddress> AddressesOf(PeerId peer) => Requests.AddressesOf(peer);

    /// <inheritdoc/>
    public Task<RequestOutcome> RequestAsync(PeerId peer, PeerRequest request, CancellationToken cancellation) =>
        Requests.RequestAsync(peer, request, cancellation);
}
