using Microsoft.Extensions.Logging;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Requests;

/// <summary>Asks peers over the transports that can. It is a border to these: what they throw becomes a failure, and
/// one that does not come back is left behind. Callable from any thread.</summary>
internal sealed class PeerRequests(IPeerDirectory peers, Router router, TimeProvider time, ILogger logger)
    : IPeerRequests
{
    // A transport judges by its own limits who is silent or slow; these are for one that forgot the call.
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(60);
    private const int SlowestLink = 4096;

    /// <inheritdoc/>
    public IReadOnlyList<PeerAddress> AddressesOf(PeerId peer) => peers.Find(peer) is { SendOnly: false } known
        ? [.. known.Addresses.Where(a => router.AskableAt(a) is not null)]
        : [];

    /// <inheritdoc/>
    public async Task<RequestOutcome> RequestAsync(PeerId peer, PeerRequest request, CancellationToken cancellation)
    {
        if (!PeerRequest.IsProtocol(request.Protocol))
            throw new ArgumentException("The protocol's name is none.", nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.MostAnswerBytes, nameof(request));
        var outcome = RequestOutcome.None(
            RequestStatus.Failed, "no address of this peer has a transport here that can ask");
        foreach (var address in AddressesOf(peer))
        {
            if (router.AskableAt(address) is not { } transport) continue;
            var next = await TryAsync(transport, peer, address, request, cancellation);
            if (next.Status is not (RequestStatus.Failed or RequestStatus.TooLarge)) return next;
            // that it was too large is what one can do something about
            if (outcome.Status != RequestStatus.TooLarge) outcome = next;
            if (cancellation.IsCancellationRequested) break;
        }
        return outcome;
    }

    private async Task<RequestOutcome> TryAsync(
        IRequestTransport transport, PeerId peer, PeerAddress address, PeerRequest request,
        CancellationToken cancellation)
    {
        try
        {
            var bounds = transport.Bounds;
            if (request.Body.Length > bounds.MaxRequestBytes)
                return RequestOutcome.None(
                    RequestStatus.TooLarge, $"the transport moves requests of {bounds.MaxRequestBytes} bytes");
            var most = Math.Min(request.MostAnswerBytes, bounds.MaxAnswerBytes);
            var patience = Watchdog + TimeSpan.FromSeconds(((double)request.Body.Length + most) / SlowestLink);
            var asking = transport.RequestAsync(peer, address, request with { MostAnswerBytes = most }, cancellation);
            if (!await Waiting.ForEndAsync(asking, patience, time, cancellation))
                return Failed($"the transport did not come back within {patience.TotalSeconds:0} s");
            var outcome = await asking;
            if (outcome.Body.Length <= most) return outcome;
            LogMessages.TransportFaulted(logger, "it brought a larger answer than was asked for");
            return RequestOutcome.None(RequestStatus.TooLarge, "the answer is larger than was asked for");
        }
        catch (OperationCanceledException)
        {
            return Failed("cancelled");
        }
        catch (Exception e)
        {
            LogMessages.TransportFaulted(logger, FaultText.InFull(e));
            return Failed($"the transport failed: {FaultText.MessageOf(e)}");
        }

        static RequestOutcome Failed(string reason) => RequestOutcome.None(RequestStatus.Failed, reason);
    }
}
