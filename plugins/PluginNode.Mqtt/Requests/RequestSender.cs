using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Requests;

/// <summary>Asks named protocols of peers. Throws for nothing that the network or the peer does.</summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
/// <param name="calls">Asks.</param>
/// <param name="mostBytes">The largest body that gets to a peer, and whose limit that is.</param>
internal sealed class RequestSender(
    MqttOptions options, MqttNode node, SignedCalls calls, Func<PeerId, (int Most, string Whose)> mostBytes)
{
    private readonly string _responseTopic = Topics.AnswersOf(node.Signer.Self);

    /// <summary>What all that have these settings move, whoever is asked.</summary>
    public static RequestBounds BoundsOf(MqttOptions options)
    {
        var most = options.MaxPacketBytes - MqttWire.Overhead;
        return new RequestBounds(most - RequestBody.MostHead, most);
    }

    public async Task<RequestOutcome> AskAsync(PeerId peer, PeerRequest request, CancellationToken cancellation)
    {
        var bounds = BoundsOf(options);
        if (request.Body.Length > bounds.MaxRequestBytes)
            return RequestOutcome.None(
                RequestStatus.TooLarge,
                $"a request has at most {bounds.MaxRequestBytes} bytes with this maxPacketBytes");
        request = request with { MostAnswerBytes = Math.Min(request.MostAnswerBytes, bounds.MaxAnswerBytes) };
        var head = RequestBody.Head(request);
        var (most, whose) = mostBytes(peer);
        if (head.Length + request.Body.Length > most)
            return RequestOutcome.None(
                RequestStatus.TooLarge,
                $"a request of {request.Body.Length} bytes is over {whose}, which leaves {most - head.Length} for it");
        var call = new SignedCall(
            link => link.Requests, signed => signed.Write(head, request.Body.Span, FrameRequest.PeerUse, node.Signer),
            options.SendLimit + MqttWire.TransferTime(request.Body.Length))
        {
            ResponseTopic = _responseTopic, MostAnnounced = request.MostAnswerBytes,
        };
        var reply = await calls.AskAsync(peer, call, cancellation);
        if (reply.Said is not { } said)
            return RequestOutcome.None(
                reply.IsTurnedAway ? RequestStatus.Busy
                    : reply.IsTooSlow ? RequestStatus.TooSlow : RequestStatus.Failed,
                reply.Reason);
        return said.Body.Length <= request.MostAnswerBytes ? said : RequestOutcome.None(
            RequestStatus.TooLarge,
            $"the answer has {said.Body.Length} bytes, of {request.MostAnswerBytes} that are taken");
    }
}
