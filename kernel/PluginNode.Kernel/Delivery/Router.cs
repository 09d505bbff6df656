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

    /// <summary>The transport of an address, where there is one that can ask; else null.</summary>
    public IRequestTransport? AskableAt(PeerAddress address) =>
        _transports.GetValueOrDefault(address.Scheme) as IRequestTransport;

    /// <summary>Says which protocols go raw to some address of a peer; null where none does.</summary>
    public Predicate<string>? RawOf(Peer peer)
    {
        List<Predicate<string>>? all = null;
        foreach (var address in peer.Addresses)
            if (_transports.TryGetValue(address.Scheme, out var transport) && RawOf(transport) is { } raw)
                (all ??= []).Add(raw);
        return all is null ? null : protocol => all.Exists(raw => raw(protocol));
    }

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
            var (fitting, raw) = signed.For(most, RawOf(transport));
            if (frames.Any(f => f.Bytes.Length > most)) reason = "the frame is larger than the transport moves";
            if (fitting.Count + raw.Count == 0) continue;

            tried = address.Text;
            var calls = raw.Select(m => TryRawAsync((IRawStreams)transport, peer, address, m, cancellation));
            if (fitting.Count > 0)
                calls = calls.Prepend(TryFramesAsync(transport, peer, address, fitting, cancellation));
            foreach (var call in await Task.WhenAll(calls))
            {
                abandoned |= !call.CameBack;
                reason = call.Failure ?? reason;
                foreach (var outcome in call.Outcomes) outcomes[outcome.Id] = outcome;
            }
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

    private Predicate<string>? RawOf(ITransport transport) => transport is not IRawStreams streams ? null : protocol =>
    {
        try
        {
            return streams.IsRaw(protocol);
        }
        catch (Exception e)
        {
            LogMessages.TransportFaulted(logger, FaultText.InFull(e));
            return false;
        }
    };

    private IEnumerable<PeerAddress> Ordered(Peer peer) =>
        _good.TryGetValue(peer.Id, out var good) && peer.Addresses.Contains(good)
            ? peer.Addresses.Where(a => a != good).Prepend(good)
            : peer.Addresses;

    private Task<Call> TryFramesAsync(
        ITransport transport, Peer peer, PeerAddress address, IReadOnlyList<Frame> frames,
        CancellationToken cancellation) => TryAsync(
            () => transport.SendAsync(peer.Id, address, frames, cancellation),
            frames.Select(f => f.Id).ToHashSet(), frames.Sum(f => (long)f.Bytes.Length), cancellation);

    private Task<Call> TryRawAsync(
        IRawStreams transport, Peer peer, PeerAddress address, RawMessage message, CancellationToken cancellation)
    {
        return TryAsync(SendAsync, [message.Id], message.Payload.Length, cancellation);

        async Task<IReadOnlyList<SendOutcome>> SendAsync()
        {
            var outcome = await transport.SendRawAsync(peer.Id, address, message, cancellation);
            // Nobody there can have said more, whatever the plugin says.
            return outcome.Status is SendStatus.Sent or SendStatus.Retry ? [outcome] : [];
        }
    }

    private async Task<Call> TryAsync(
        Func<Task<IReadOnlyList<SendOutcome>>> send, HashSet<Guid> asked, long bytes, CancellationToken cancellation)
    {
        var patience = Watchdog + TimeSpan.FromSeconds((double)bytes / SlowestLink);
        try
        {
            var sending = send();
            if (!await Waiting.ForEndAsync(sending, patience, time, cancellation))
                return Failed($"the transport did not come back within {patience.TotalSeconds:0} s");
            List<SendOutcome> outcomes = [.. (await sending).Where(o => asked.Contains(o.Id))];
            return new Call(
                outcomes,
                outcomes.Count == 0
                    ? "the transport gave no outcome"
                    : outcomes.Find(o => o.Status == SendStatus.Retry).Reason,
                CameBack: true);
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

        static Call Failed(string reason) => new([], reason, CameBack: false);
    }

    /// <summary>What came of one call to a transport.</summary>
    private sealed record Call(IReadOnlyList<SendOutcome> Outcomes, string? Failure, bool CameBack);
}
