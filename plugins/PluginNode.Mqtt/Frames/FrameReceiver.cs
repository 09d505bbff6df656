using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>Takes requests with frames: what the <see cref="RequestJudge"/> passes, has room, and is a list of
/// frames goes to the host.</summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
/// <param name="host">Who takes the frames.</param>
/// <param name="gate">Counts the requests under way.</param>
/// <param name="publish">Publishes answers.</param>
/// <param name="judge">Which requests are answered.</param>
/// <param name="closing">Gives up handing over, as the transport ends.</param>
internal sealed class FrameReceiver(
    MqttOptions options, MqttNode node, ITransportHost host, CallGate gate,
    Func<MqttMessage, CancellationToken, ValueTask<MqttPublishResult>> publish, RequestJudge judge,
    CancellationToken closing)
{
    private const int Shares = 4;

    // what a request holds besides its bytes
    private const int AroundRequest = 1024;

    private readonly ReceiveRoom _room = new(Room(options), Room(options) / Shares);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>Takes what came on this node's topic. Returns before it is taken, so that a slow host does not hold up
    /// other peers; hands over in the order in which it was called.</summary>
    public ValueTask TakeAsync(MqttMessage message)
    {
        if (judge.IsSigned(message, FrameRequest.Use, out var request) && gate.TryEnter())
            _ = AnswerAsync(request, message.Payload);
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
            if (!result.IsTaken) judge.Complaints.NotAnswered(request.From, result.Text);
        }
        catch (OperationCanceledException)
        {
            judge.Complaints.NotAnswered(request.From, closing.IsCancellationRequested
                ? "the transport stops" : "the broker does not take answers in time");
        }
        finally
        {
            gate.Leave();
        }
    }

    private ValueTask<(AnswerKind Kind, byte[] Body)?> JudgeAsync(FrameRequest request, ReadOnlyMemory<byte> payload)
    {
        if (!judge.IsFresh(request, payload.Length, out var answer)) return new(answer);
        host.Heard(request.From, DateTimeOffset.FromUnixTimeMilliseconds(request.Clock));
        if (FrameList.Split(payload[FrameRequest.HeadBytes..]) is not { } frames)
            return new(RequestJudge.NotTaken("the body is no list of frames"));
        var bytes = payload.Length + AroundRequest;
        if (_room.TryTake(request.From, bytes)) return HandOverAsync(request.From, frames, bytes);
        judge.Complaints.NoRoom(request.From);
        return new(RequestJudge.NotTaken("too much is being received"));
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
            return RequestJudge.NotTaken("the node could not take it");
        }
        finally
        {
            _room.Return(from, bytes);
        }
    }
}
