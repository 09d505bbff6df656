using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Requests;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>What transports hand arrivals to: decodes and checks beside the loops, then lets the inbox judge.</summary>
internal sealed class Reception(
    IPeerDirectory peers, FrameSealer frames, InboxLoop inbox, OutboxLoop outbox, NodeClock clock,
    IChance chance, RequestDesk requests, Action heard) : ITransportHost, IRawStreamHost, IRequestHost
{
    private const string Unknown = "the sender is unknown here", Stopped = "the node has stopped";

    public async Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> batch, CancellationToken cancellation)
    {
        if (!peers.TakesFrom(from))
            return [.. batch.Select(_ => new SendOutcome(default, SendStatus.Retry, Unknown))];
        try
        {
            return await inbox.ReceiveAsync(from, frames.Open(from, batch));
        }
        catch (ObjectDisposedException)
        {
            return [.. batch.Select(_ => new SendOutcome(default, SendStatus.Retry, Stopped))];
        }
    }

    public async Task<SendOutcome> ReceiveRawAsync(
        PeerId from, string protocol, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        var id = chance.NewId();
        if (!peers.TakesFrom(from)) return new SendOutcome(id, SendStatus.Retry, Unknown);
        var message = FrameCodec.IncomingOf(id, from, protocol, payload);
        if (FrameCodec.Problem(message.Envelope) is { } problem)
            return new SendOutcome(id, SendStatus.Refused, problem);
        try
        {
            return (await inbox.ReceiveAsync(from, [(message, default)]))[0];
        }
        catch (ObjectDisposedException)
        {
            return new SendOutcome(id, SendStatus.Retry, Stopped);
        }
    }

    public RequestOutcome? Judge(PeerId from, string protocol, long bytes) => requests.Judge(from, protocol, bytes);

    public Task<RequestOutcome> AnswerAsync(PeerId from, PeerRequest request, CancellationToken cancellation) =>
        requests.AnswerAsync(from, request, cancellation);

    public void Heard(PeerId peer, DateTimeOffset? itsTime)
    {
        if (peers.Find(peer) is null) return;
        if (itsTime is { } time && peers.TakesFrom(peer)) clock.Confirm(time);
        outbox.Wake(peer);
        heard();
    }
}
