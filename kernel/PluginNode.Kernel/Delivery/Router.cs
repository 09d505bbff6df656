using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;
using PluginNode.Wire;
using Frame = PluginNode.Transports.Frame;

namespace PluginNode.Delivery;

/// <summary>What came of a batch: an outcome for each frame that has one, and where it was tried last.</summary>
internal sealed record RouteResult(Dictionary<Guid, SendOutcome> Outcomes, string Address, string Reason);

/// <summary>
/// Picks one of a peer's current addresses, the one that worked last first, and goes on to the next while none gives
/// a verdict. It is the border to the transports: what they throw or forget becomes <i>retry</i>, and one that does not
/// come back is left behind. Callable from any thread.
/// </summary>
internal sealed class Router(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(60);

    // Bytes a second that are waited for besides. A transport judges how slow is too slow by its own limits; this is
    // for one that forgot the call, and so lies well below them.
    private const int SlowestLink = 4096;

    private readonly ConcurrentDictionary<string, ITransport> _transports = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<PeerId, PeerAddress> _good = new();

    public void Attach(ITransport transport)
    {
        if (!_transports.TryAdd(transport.Scheme, transport))
            throw new InvalidOperationException($"There is already a transport for the scheme '{transport.Scheme}'.");
    }

    public void Detach(ITransport transport) =>
        _transports.TryRemove(new KeyValuePair<string, ITransport>(transport.Scheme, transport));

    /// <summary>Sends, and disposes the frames when no transport has them any more.</summary>
    public async Task<RouteResult> SendAsync(Peer peer, SignedFrames signed, CancellationToken cancellation)
    {
        var frames = signed.Frames;
        var abandoned = false;
        var outcomes = new Dictionary<Guid, SendOutcome>(frames.Count);
        var (tried, reason) = ("", $"no address of this peer has a transport here ({peer.Addresses.Count} addresses)");
        foreach (var address in Ordered(peer))
        {
            if (!_transports.TryGetValue(address.Scheme, out var transport)) continue;
            var most = transport.MaxFrameBytes;
            var fitting = signed.Fitting(most);
            if (fitting.Count < frames.Count) reason = "the frame is larger than the transport moves";
            if (fitting.Count == 0) continue;

            tried = address.Text;
            var (failure, cameBack) = await TryAsync(transport, peer, address, fitting, outcomes, cancellation);
            abandoned |= !cameBack;
            reason = failure ?? reason;
            if (outcomes.Values.Any(o => o.Status != SendStatus.Retry))
            {
                _good[peer.Id] = address;
                break;
            }
            if (cancellation.IsCancellationRequested) break;
        }
        if (!abandoned) signed.Dispose(); // else the transport may still read it, and it is left to the collector
        return new RouteResult(outcomes, tried, reason);
    }

    private IEnumerable<PeerAddress> Ordered(Peer peer) =>
        _good.TryGetValue(peer.Id, out var good) && peer.Addresses.Contains(good)
            ? peer.Addresses.Where(a => a != good).Prepend(good)
            : peer.Addresses;

    private async Task<(string? Failure, bool CameBack)> TryAsync(
        ITransport transport, Peer peer, PeerAddress address, IReadOnlyList<Frame> frames,
        Dictionary<Guid, SendOutcome> outcomes, CancellationToken cancellation)
    {
        var patience = Watchdog + TimeSpan.FromSeconds(frames.Sum(f => (double)f.Bytes.Length) / SlowestLink);
        try
        {
            var sending = transport.SendAsync(peer.Id, address, frames, cancellation);
            if (!await Waiting.ForEndAsync(sending, patience, time, cancellation))
                return ($"the transport did not come back within {patience.TotalSeconds:0} s", CameBack: false);
            var results = await sending;
            var asked = frames.Select(f => f.Id).ToHashSet();
            foreach (var outcome in results)
                if (asked.Contains(outcome.Id)) outcomes[outcome.Id] = outcome;
            return (outcomes.Count == 0
                ? "the transport gave no outcome"
                : outcomes.Values.FirstOrDefault(o => o.Status == SendStatus.Retry).Reason, CameBack: true);
        }
        catch (OperationCanceledException)
        {
            return ("cancelled", CameBack: false);
        }
        catch (Exception e)
        {
            LogMessages.TransportFaulted(logger, FaultText.InFull(e));
            return ($"the transport failed: {FaultText.MessageOf(e)}", CameBack: false);
        }
    }
}
