using PluginNode.Identity;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>What transports hand arrivals to: decodes and checks beside the loops, then lets the inbox judge.</summary>
internal sealed class Reception(
    IPeerDirectory peers, FrameSealer frames, InboxLoop inbox, OutboxLoop outbox, NodeClock clock,
    Action heard) : ITransportHost
{
    public async Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> batch, CancellationToken cancellation)
    {
        if (peers.Find(from) is null)
            return [.. batch.Select(_ => new SendOutcome(default, SendStatus.Retry, "the sender is unknown here"))];
        try
        {
            return await inbox.ReceiveAsync(from, frames.Open(from, batch));
        }
        catch (ObjectDisposedException)
        {
            return [.. batch.Select(_ => new SendOutcome(default, SendStatus.Retry, "the node has stopped"))];
        }
    }

    public void Heard(PeerId peer, DateTimeOffset? itsTime)
    {
        if (peers.Find(peer) is null) return;
        if (itsTime is { } time) clock.Confirm(time);
        outbox.Wake(peer);
        heard();
    }
}
