using Google.Protobuf;
using PluginNode.Identity;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>Level <c>none</c>: one attempt, past every queue; its outcome is the answer.</summary>
internal sealed class OneAttempt(
    IPeerDirectory peers, Router router, FrameSealer sealer, Func<ulong> nextPosition, NodeClock clock, PeerId self)
{
    public async Task<SendReply> SendAsync(
        SendRequest request, Guid id, DeliveryLevel level, CancellationToken cancellation)
    {
        if (peers.Find(request.To) is not { } peer)
            return new SendReply(SendVerdict.UnknownPeer, id, Reason: $"there is no peer {request.To}");
        var message = new Message
        {
            Id = id,
            To = request.To,
            Protocol = request.Protocol,
            Level = level,
            // A lane of its own: it must not overtake, or be taken for a repetition of, what waits in the key's lane.
            Key = FrameCodec.OwnLane(id),
            Created = clock.Wall,
            Attributes = request.Attributes,
            PayloadBytes = request.Payload.Length,
            Sequence = 0,
        };
        var (from, to) = (ByteString.CopyFrom(self.ToPublicKey()), ByteString.CopyFrom(request.To.ToPublicKey()));
        var frame = new Outgoing(id, FrameCodec.EnvelopeOf(message, request.Payload, from, to), nextPosition());
        var route = await router.SendAsync(peer, sealer.Sign([frame]), cancellation);
        var outcome = route.Outcomes.GetValueOrDefault(id, new SendOutcome(id, SendStatus.Retry, route.Reason));
        return outcome.Status switch
        {
            SendStatus.Delivered or SendStatus.Duplicate => new SendReply(SendVerdict.Done, id, MessageState.Delivered),
            SendStatus.Sent => new SendReply(SendVerdict.Done, id, MessageState.Sent),
            _ => new SendReply(SendVerdict.Failed, id, MessageState.Dead, Reason: outcome.Reason),
        };
    }
}
