using PluginNode.Identity;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>Has frames taken by peers.</summary>
internal sealed class FrameSender(
    MqttOptions options, MqttNode node, MqttClient client, PresenceBoard board, SignedCalls calls)
{
    /// <summary>Sends frames, cut into requests that everybody on the way takes. Throws for nothing that the network or
    /// the peer does.</summary>
    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = new SendOutcome[frames.Count];
        for (var first = 0; first < frames.Count;)
        {
            var (most, whose) = MostBytes(peer);
            var count = FrameList.Fitting(frames, first, most + (2 * sizeof(int)));
            var frame = frames[first].Bytes.Length;
            var reply = frame > most
                ? Reply.Failed($"a frame of {frame} bytes is over {whose}, which leaves {most} for it")
                : await AskAsync(peer, frames, first, count, cancellation);
            // what follows a request that is in doubt would overtake it
            if (reply.Outcomes is null) return Failed(outcomes, frames, first, reply.Reason);
            for (var i = first; i < first + count; i++)
                outcomes[i] = reply.Outcomes.TryGetValue(frames[i].Id, out var outcome)
                    ? outcome
                    : new SendOutcome(frames[i].Id, SendStatus.Retry, "the peer told nothing about this frame");
            first += count;
            // a later frame must not be taken before an earlier one of its lane
            if (outcomes.Take(first).Any(o => o.Status == SendStatus.Retry))
                return Failed(outcomes, frames, first, "an earlier frame was not taken");
        }
        return outcomes;
    }

    /// <summary>All of them are <i>retry</i>.</summary>
    public static SendOutcome[] Failed(IReadOnlyList<Frame> frames, string reason) =>
        Failed(new SendOutcome[frames.Count], frames, 0, reason);

    /// <summary>The largest body that this node, the broker and a peer take, and whose limit that is.</summary>
    public (int Most, string Whose) MostBytes(PeerId peer)
    {
        (long Most, string Whose) limit = (options.MaxPacketBytes, "this node's maxPacketBytes");
        if (client.State.MaximumPacketBytes < limit.Most)
            limit = (client.State.MaximumPacketBytes, "the largest packet that the broker takes");
        if (board.MaxPacketOf(peer) is { } most && most < limit.Most) limit = (most, "the peer's maxPacketBytes");
        return ((int)limit.Most - MqttWire.Overhead, $"{limit.Whose} ({limit.Most})");
    }

    private static SendOutcome[] Failed(
        SendOutcome[] outcomes, IReadOnlyList<Frame> frames, int first, string reason)
    {
        for (var i = first; i < outcomes.Length; i++)
            outcomes[i] = new SendOutcome(frames[i].Id, SendStatus.Retry, reason);
        return outcomes;
    }

    private Task<Reply> AskAsync(
        PeerId peer, IReadOnlyList<Frame> frames, int first, int count, CancellationToken cancellation)
    {
        var bytes = 0L;
        for (var i = first; i < first + count; i++) bytes += frames[i].Bytes.Length;
        var call = new SignedCall(
            link => link.Topic, request => request.Write(frames, first, count, node.Signer),
            options.SendLimit + MqttWire.TransferTime(bytes));
        return calls.AskAsync(peer, call, cancellation);
    }
}
