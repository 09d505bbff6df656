using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>Publishes requests, and believes only answers that the peer signed for this very request.</summary>
internal sealed class FrameSender(MqttOptions options, MqttNode node, MqttClient client, PresenceBoard board)
{
    private readonly ConcurrentDictionary<PeerId, PeerLink> _links = new();
    private readonly SessionClock _session = new(node.Time);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>The requests that are under way.</summary>
    public AnswerTable Answers { get; } = new();

    /// <summary>Sends frames, cut into requests that everybody on the way takes. Throws for nothing that the network or
    /// the peer does.</summary>
    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        var outcomes = new SendOutcome[frames.Count];
        var link = _links.GetOrAdd(peer, static id => new PeerLink(id));
        for (var first = 0; first < frames.Count;)
        {
            var (most, whose) = MostBytes(peer);
            var count = FrameList.Fitting(frames, first, most + (2 * sizeof(int)));
            var frame = frames[first].Bytes.Length;
            var reply = frame > most
                ? Reply.Failed($"a frame of {frame} bytes is over {whose}, which leaves {most} for it")
                : await AskAsync(link, frames, first, count, cancellation);
            // what follows a request that is in doubt would overtake it
            if (reply.Outcomes is null) return Failed(outcomes, frames, first, reply.Failure!);
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

    private static SendOutcome[] Failed(
        SendOutcome[] outcomes, IReadOnlyList<Frame> frames, int first, string reason)
    {
        for (var i = first; i < outcomes.Length; i++)
            outcomes[i] = new SendOutcome(frames[i].Id, SendStatus.Retry, reason);
        return outcomes;
    }

    // the largest frame that this node, the broker and the peer take, and whose limit that is
    private (int Most, string Whose) MostBytes(PeerId peer)
    {
        (long Most, string Whose) limit = (options.MaxPacketBytes, "this node's maxPacketBytes");
        if (client.State.MaximumPacketBytes < limit.Most)
            limit = (client.State.MaximumPacketBytes, "the largest packet that the broker takes");
        if (board.MaxPacketOf(peer) is { } most && most < limit.Most) limit = (most, "the peer's maxPacketBytes");
        return ((int)limit.Most - MqttWire.Overhead, $"{limit.Whose} ({limit.Most})");
    }

    private async Task<Reply> AskAsync(
        PeerLink link, IReadOnlyList<Frame> frames, int first, int count, CancellationToken cancellation)
    {
        var bytes = 0L;
        for (var i = first; i < first + count; i++) bytes += frames[i].Bytes.Length;
        var limit = options.SendLimit + MqttWire.TransferTime(bytes);
        using var timeout = new CancellationTokenSource(limit, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var reply = await PostAsync(link, frames, first, count, limit, either.Token);
            if (reply.PeerTime is not { } peerTime) return reply;
            link.Offset = peerTime - _session.Now;
            LogMessages.ClockLearnt(_logger, link.Id.ToString(), TimeSpan.FromMilliseconds(link.Offset));
            reply = await PostAsync(link, frames, first, count, limit, either.Token);
            return reply.PeerTime is null ? reply : Reply.Failed("the peer does not take its own time");
        }
        catch (OperationCanceledException)
        {
            return Reply.Failed(timeout.IsCancellationRequested && !cancellation.IsCancellationRequested
                ? $"no answer within {limit}; the peer may not be at this broker, or not know this node"
                : "cancelled");
        }
    }

    private async Task<Reply> PostAsync(
        PeerLink link, IReadOnlyList<Frame> frames, int first, int count, TimeSpan limit,
        CancellationToken cancellation)
    {
        var request = new FrameRequest(
            node.Signer.Self, link.Id, NewNonce(), _session.Now + link.Offset,
            node.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var message = new MqttMessage
        {
            Topic = link.Topic, Payload = request.Write(frames, first, count, node.Signer),
            Qos = MqttQos.AtLeastOnce, Expiry = TimeSpan.FromSeconds(Math.Ceiling(limit.TotalSeconds)),
        };
        var answered = Answers.Open(request.Nonce, link.Id);
        try
        {
            // without a connection the answer could not come, and the request would only take room
            if (client.State is { Phase: not MqttPhase.Connected } state)
                return Reply.Failed($"no connection to the broker{(state.Text.Length > 0 ? ": " : "")}{state.Text}");
            var publishing = client.PublishAsync(message, cancellation).AsTask();
            if (await Task.WhenAny(publishing, answered) == publishing)
            {
                var taken = await publishing;
                if (!taken.IsTaken) return Reply.Failed($"the broker did not take it: {taken.Text}");
                if (taken.Reason == MqttReason.NoMatchingSubscribers)
                    return Reply.Failed("the peer is not at this broker");
            }
            return await answered.WaitAsync(cancellation);
        }
        finally
        {
            Answers.Close(request.Nonce);
        }
    }

    private UInt128 NewNonce()
    {
        Span<byte> nonce = stackalloc byte[16];
        node.Chance.Fill(nonce);
        return BinaryPrimitives.ReadUInt128BigEndian(nonce);
    }
}
