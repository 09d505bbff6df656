using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>
/// Takes requests, the cheapest question first:
/// <code>live → head → recipient → sender known → signature → clock → nonce → frames → room → host</code>
/// Up to the signature nothing is answered: whoever made it up would have this node write to somebody else's topic.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
/// <param name="host">Who takes the frames.</param>
/// <param name="gate">Counts the requests under way.</param>
/// <param name="publish">Publishes answers.</param>
/// <param name="closing">Gives up handing over, as the transport ends.</param>
internal sealed class FrameReceiver(
    MqttOptions options, MqttNode node, ITransportHost host, CallGate gate,
    Func<MqttMessage, CancellationToken, ValueTask<MqttPublishResult>> publish, CancellationToken closing)
{
    // At one request a frame and full speed a peer uses about 8 700 a second within the time that nonces are kept.
    private const int NoncesPerPeer = 1 << 18;
    private const int Shares = 4;

    // what a request holds besides its bytes
    private const int AroundRequest = 1024;

    private readonly SessionClock _session = new(node.Time);
    private readonly NonceCache _nonces = new(NoncesPerPeer, MqttWire.FreshFor);
    private readonly ReceiveRoom _room = new(Room(options), Room(options) / Shares);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();
    private readonly Complaints _complaints = new(node.Time, node.Loggers.CreateLogger<MqttTransport>());

    /// <summary>Takes what came on this node's topic. Returns before it is taken, so that a slow host does not hold up
    /// other peers; hands over in the order in which it was called.</summary>
    public ValueTask TakeAsync(MqttMessage message)
    {
        var payload = message.Payload;
        if (message.Retain || !FrameRequest.TryRead(payload.Span, out var request) || request.To != node.Signer.Self)
            _complaints.Malformed();
        else if (node.Peers.Find(request.From) is null) _complaints.UnknownSender(request.From);
        else if (!request.IsSigned(node.Signer, payload.Span)) _complaints.WrongSignature(request.From);
        else if (gate.TryEnter()) _ = AnswerAsync(request, payload);
        return ValueTask.CompletedTask;
    }

    private static long Room(MqttOptions options) => Math.Max(64L << 20, (long)Shares * options.MaxPacketBytes);

    private async Task AnswerAsync(FrameRequest request, ReadOnlyMemory<byte> payload)
    {
        try
        {
            if (await JudgeAsync(request, payload) is not { } answer) return;
            var (kind, body) = answer;
            using var limit = new CancellationTokenSource(options.SendLimit, node.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, closing);
            var signed = new FrameAnswer(
                node.Signer.Self, request.From, request.Nonce, node.Time.GetUtcNow().ToUnixTimeMilliseconds(), kind);
            var result = await publish(
                new MqttMessage
                {
                    Topic = Topics.OutcomesOf(request.From), Payload = signed.Write(body, node.Signer),
                    Qos = MqttQos.AtLeastOnce,
                    Expiry = TimeSpan.FromSeconds(Math.Ceiling(options.SendLimit.TotalSeconds)),
                },
                either.Token);
            if (!result.IsTaken) _complaints.NotAnswered(request.From, result.Text);
        }
        catch (OperationCanceledException)
        {
            _complaints.NotAnswered(request.From, closing.IsCancellationRequested
                ? "the transport stops" : "the broker does not take answers in time");
        }
        finally
        {
            gate.Leave();
        }
    }

    private ValueTask<(AnswerKind Kind, byte[] Body)?> JudgeAsync(FrameRequest request, ReadOnlyMemory<byte> payload)
    {
        var now = _session.Now;
        // its bytes take their time, and its nonce is kept for as long
        var behind = request.Timestamp + (long)MqttWire.TransferTime(payload.Length).TotalMilliseconds;
        if (request.Timestamp < _session.Start || request.Timestamp - now > MqttWire.FreshFor
            || now - behind > MqttWire.FreshFor) return new(TellTime(request, now));
        switch (_nonces.Add(request.From, request.Nonce, behind, now))
        {
            case NonceVerdict.New:
                break;
            case NonceVerdict.Stale:
                return new(TellTime(request, now));
            case NonceVerdict.Seen:
                // QoS 1 may bring it twice, and the first one is answered. To answer this too could overtake that.
                LogMessages.CameAgain(_logger, request.From.ToString());
                return default;
            default:
                _complaints.TooMany(request.From);
                return new(NotTaken("too many requests"));
        }
        host.Heard(request.From, DateTimeOffset.FromUnixTimeMilliseconds(request.Clock));
        if (FrameList.Split(payload[FrameRequest.HeadBytes..]) is not { } frames)
            return new(NotTaken("the body is no list of frames"));
        var bytes = payload.Length + AroundRequest;
        if (_room.TryTake(request.From, bytes)) return HandOverAsync(request.From, frames, bytes);
        _complaints.NoRoom(request.From);
        return new(NotTaken("too much is being received"));
    }

    private async ValueTask<(AnswerKind Kind, byte[] Body)?> HandOverAsync(
        PeerId from, ReadOnlyMemory<byte>[] frames, long bytes)
    {
        try
        {
            var outcomes = await host.ReceiveAsync(from, frames, closing);
            var body = Outcomes.Write(outcomes);
            if (body.Length > MqttWire.MaxReasonsBytes)
                body = Outcomes.Write([.. outcomes.Select(o => o with { Reason = null })]);
            return (AnswerKind.Outcomes, body);
        }
        catch (Exception e)
        {
            if (!closing.IsCancellationRequested)
                LogMessages.ReceiveFailed(_logger, from.ToString(), Outcomes.OneLine(e.Message));
            return NotTaken("the node could not take it");
        }
        finally
        {
            _room.Return(from, bytes);
        }
    }

    private (AnswerKind Kind, byte[] Body) TellTime(FrameRequest request, long now)
    {
        _complaints.NotFresh(request.From, TimeSpan.FromMilliseconds(now - request.Timestamp));
        var body = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(body, now);
        return (AnswerKind.Clock, body);
    }

    private static (AnswerKind Kind, byte[] Body) NotTaken(string reason) =>
        (AnswerKind.NotTaken, Encoding.UTF8.GetBytes(reason));
}
