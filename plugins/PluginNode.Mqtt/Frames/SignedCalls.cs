using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Frames;

/// <summary>Publishes signed requests, and believes only answers that the peer signed for this very request. Any
/// thread.</summary>
internal sealed class SignedCalls(MqttNode node, MqttClient client)
{
    private readonly ConcurrentDictionary<PeerId, PeerLink> _links = new();
    private readonly SessionClock _session = new(node.Time);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>The requests that are under way.</summary>
    public AnswerTable Answers { get; } = new();

    /// <summary>Asks, and once more where the peer's clock is another one.</summary>
    /// <param name="peer">Who is asked.</param>
    /// <param name="topicOf">Where.</param>
    /// <param name="write">Writes the request behind a head.</param>
    /// <param name="limit">How long both may take.</param>
    /// <param name="cancellation">Gives up: the reply says so.</param>
    public async Task<Reply> AskAsync(
        PeerId peer, Func<PeerLink, string> topicOf, Func<FrameRequest, byte[]> write, TimeSpan limit,
        CancellationToken cancellation)
    {
        var link = _links.GetOrAdd(peer, static id => new PeerLink(id));
        using var timeout = new CancellationTokenSource(limit, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var reply = await PostAsync(link, topicOf(link), write, limit, either.Token);
            if (reply.PeerTime is not { } peerTime) return reply;
            link.Offset = peerTime - _session.Now;
            LogMessages.ClockLearnt(_logger, link.Id.ToString(), TimeSpan.FromMilliseconds(link.Offset));
            reply = await PostAsync(link, topicOf(link), write, limit, either.Token);
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
        PeerLink link, string topic, Func<FrameRequest, byte[]> write, TimeSpan limit, CancellationToken cancellation)
    {
        var request = new FrameRequest(
            node.Signer.Self, link.Id, NewNonce(), _session.Now + link.Offset,
            node.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var message = new MqttMessage
        {
            Topic = topic, Payload = write(request), Qos = MqttQos.AtLeastOnce,
            Expiry = TimeSpan.FromSeconds(Math.Ceiling(limit.TotalSeconds)),
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
                    return Reply.Failed("the peer is not at this broker") with { IsNobodyThere = true };
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
