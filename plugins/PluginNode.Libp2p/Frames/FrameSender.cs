using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>Sends frames in batches that fit, each when the one before is answered. Throws for nothing that the network
/// or the peer does.</summary>
internal sealed class FrameSender(FrameLinks links, Libp2pOptions options, Libp2pNode node)
{
    private readonly ConcurrentDictionary<PeerId, int> _cutDown = new();

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = new SendOutcome[frames.Count];
        for (var first = 0; first < frames.Count;)
        {
            var sent = await SendOneAsync(peer, addresses, frames, first, cancellation);
            if (sent.Refusal is { } refusal)
            {
                // the peer's own word: trying again would hold up its lane for ever
                outcomes[first] = new SendOutcome(frames[first].Id, SendStatus.Refused, refusal);
                first++;
                continue;
            }
            // what follows a batch that is in doubt would overtake it
            if (sent.Count == 0) return FrameWire.Retry(outcomes, frames, first, sent.Answer.Reason);
            var why = sent.Answer.Reason.Length > 0 ? sent.Answer.Reason : "the peer told nothing about this frame";
            for (var i = first; i < first + sent.Count; i++)
                outcomes[i] = sent.Answer.Outcomes.TryGetValue(frames[i].Id, out var outcome)
                    ? outcome
                    : new SendOutcome(frames[i].Id, SendStatus.Retry, why);
            first += sent.Count;
            // a later frame must not be taken before an earlier one of its lane
            if (outcomes.Take(first).Any(o => o.Status == SendStatus.Retry))
                return FrameWire.Retry(outcomes, frames, first, "an earlier frame was not taken");
        }
        return outcomes;
    }

    private async Task<Sent> SendOneAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, IReadOnlyList<Frame> frames, int first,
        CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(options.SendLimit, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        FrameLink? link = null;
        try
        {
            var result = await links.GetAsync(peer, addresses, either.Token);
            if (result.Link is null) return new Sent(0, Answer.Missing(result.Failure));
            link = result.Link;
            var most = Math.Min(options.MaxBatchBytes, link.MaxBatch);
            var (count, bytes) = FrameBatch.Fitting(frames, first, most);
            Compare(peer, link.MaxBatch);
            if (count == 0) return TooLarge(frames[first].Bytes.Length, link.MaxBatch);
            limit.CancelAfter(options.SendLimit + FrameWire.TimeOf(bytes));
            return new Sent(count, await link.SendAsync(frames, first, count, either.Token));
        }
        catch (OperationCanceledException)
        {
            if (cancellation.IsCancellationRequested) return new Sent(0, Answer.Missing("cancelled"));
            // whoever is there, nothing comes of this stream any more
            link?.Abort("the peer does not answer");
            return new Sent(0, Answer.Missing($"no answer within {options.SendLimit}, or the time its bytes may take"));
        }
    }

    private Sent TooLarge(int bytes, int theirs)
    {
        var frame = bytes + BatchHead.Counted + sizeof(uint);
        return frame > options.MaxBatchBytes
            ? new Sent(0, Answer.Missing($"a frame of {bytes} bytes is over maxBatchBytes, {options.MaxBatchBytes}"))
            : new Sent(0, Answer.Missing(""), $"a frame of {bytes} bytes is over the peer's maxBatchBytes, {theirs}");
    }

    // told when it is learnt, and when it has changed
    private void Compare(PeerId peer, int theirs)
    {
        if (theirs >= options.MaxBatchBytes) _cutDown.TryRemove(peer, out _);
        else if (!_cutDown.TryGetValue(peer, out var known) || known != theirs)
        {
            _cutDown[peer] = theirs;
            LogMessages.BatchesCutDown(node.Logger, peer.ToString(), theirs, options.MaxBatchBytes);
        }
    }

    private readonly record struct Sent(int Count, Answer Answer, string? Refusal = null);
}
