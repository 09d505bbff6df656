using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Frames;

/// <summary>What is asked, and where.</summary>
/// <param name="TopicOf">Where the peer takes it.</param>
/// <param name="Write">Writes the request behind a head.</param>
/// <param name="Limit">How long it may take, asking again by the peer's clock included.</param>
internal sealed record SignedCall(Func<PeerLink, string> TopicOf, Func<FrameRequest, byte[]> Write, TimeSpan Limit)
{
    /// <summary>Told beside the request with 5.0, for who watches: the answer goes to the topic that follows from the
    /// signer's key, whatever stands here. Null: nothing is told.</summary>
    public string? ResponseTopic { get; init; }

    /// <summary>An answer that was announced may take the time of so many bytes at most, besides.</summary>
    public int MostAnnounced { get; init; }
}

/// <summary>Publishes signed requests, and believes only answers that the peer signed for this very request. Any
/// thread.</summary>
internal sealed class SignedCalls(MqttNode node, MqttClient client)
{
    private readonly ConcurrentDictionary<PeerId, PeerLink> _links = new();
    private readonly SessionClock _session = new(node.Time);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>The requests that are under way.</summary>
    public AnswerTable Answers { get; } = new(node.Time);

    /// <summary>Asks, and once more where the peer's clock is another one.</summary>
    /// <param name="peer">Who is asked.</param>
    /// <param name="call">What it is asked.</param>
    /// <param name="cancellation">Gives up: the reply says so.</param>
    public async Task<Reply> AskAsync(PeerId peer, SignedCall call, CancellationToken cancellation)
    {
        var link = _links.GetOrAdd(peer, static id => new PeerLink(id));
        using var timeout = new CancellationTokenSource(call.Limit, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var isComing = false;
        try
        {
            var reply = await PostAsync(link, call, Coming, either.Token);
            if (reply.PeerTime is not { } peerTime) return reply;
            link.Offset = peerTime - _session.Now;
            LogMessages.ClockLearnt(_logger, link.Id.ToString(), TimeSpan.FromMilliseconds(link.Offset));
            reply = await PostAsync(link, call, Coming, either.Token);
            return reply.PeerTime is null ? reply : Reply.Failed("the peer does not take its own time");
        }
        catch (OperationCanceledException)
        {
            if (cancellation.IsCancellationRequested) return Reply.Failed("cancelled");
            return isComing
                ? Reply.Failed("the answer did not come in the time that there is") with { IsTooSlow = true }
                : Reply.Failed(
                    $"no answer within {call.Limit} to {call.TopicOf(link)}; the peer may not be at this broker, or "
                    + "not know this node, or the broker forbids a topic") with { IsSilence = true };
        }

        // the peer is there, and its answer takes its time; told more than once, that is no reason to wait for ever
        void Coming(long bytes)
        {
            if (isComing || call.MostAnnounced == 0) return;
            isComing = true;
            timeout.CancelAfter(call.Limit + MqttWire.TransferTime(Math.Min(bytes, call.MostAnnounced)));
        }
    }

    private async Task<Reply> PostAsync(
        PeerLink link, SignedCall call, Action<long> coming, CancellationToken cancellation)
    {
        var request = new FrameRequest(
            node.Signer.Self, link.Id, NewNonce(), _session.Now + link.Offset,
            node.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var message = new MqttMessage
        {
            Topic = call.TopicOf(link), Payload = call.Write(request), Qos = MqttQos.AtLeastOnce,
            Expiry = TimeSpan.FromSeconds(Math.Ceiling(call.Limit.TotalSeconds)), ResponseTopic = call.ResponseTopic,
            CorrelationData = call.ResponseTopic is null ? (ReadOnlyMemory<byte>?)null : request.Correlation,
        };
        var answered = Answers.Open(request.Nonce, link.Id, coming);
        try
        {
            // without a connection the answer could not come, and the request would only take room
            if (client.State is { Phase: not MqttPhase.Connected } state)
                return Reply.Failed($"no connection to the broker{(state.Text.Length > 0 ? ": " : "")}{state.Text}");
            var publishing = client.PublishAsync(message, cancellation).AsTask();
            if (await Task.WhenAny(publishing, answered) == publishing)
            {
                var taken = await publishing;
                if (!taken.IsTaken)
                    return Reply.Failed($"the broker did not take it for {message.Topic}: {taken.Text}");
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
