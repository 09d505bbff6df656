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
/// <param name="answers">Passes requests on, and publishes what came of them.</param>
internal sealed class FrameReceiver(
    MqttOptions options, MqttNode node, ITransportHost host, SignedAnswers answers)
{
    // what a request holds besides its bytes
    private const int AroundRequest = 1024;

    private static readonly AnswerWay Way = new(FrameRequest.Use, FrameAnswer.Use, Topics.OutcomesOf);

    private readonly ReceiveRoom _room = ReceiveRoom.For(options);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>Takes what came on this node's topic.</summary>
    public ValueTask TakeAsync(MqttMessage message)
    {
        _ = answers.TakeAsync(message, Way, AnswerAsync);
        return ValueTask.CompletedTask;
    }

    private async ValueTask AnswerAsync(FrameRequest request, ReadOnlyMemory<byte> payload) =>
        await answers.PostAsync(request, Way, await TakeAsync(request.From, payload));

    private ValueTask<Told> TakeAsync(PeerId from, ReadOnlyMemory<byte> payload)
    {
        if (FrameList.Split(payload[FrameRequest.HeadBytes..]) is not { } frames)
            return new(RequestJudge.NotTaken("the body is no list of frames"));
        var bytes = payload.Length + AroundRequest;
        if (_room.TryTake(from, bytes)) return HandOverAsync(from, frames, bytes);
        answers.Complaints.NoRoom(from);
        return new(RequestJudge.NotTaken("too much is being received"));
    }

    private async ValueTask<Told> HandOverAsync(
        PeerId from, ReadOnlyMemory<byte>[] frames, long bytes)
    {
        try
        {
            var outcomes = await host.ReceiveAsync(from, frames, answers.Closing);
            var body = Outcomes.Write(outcomes);
            if (body.Length > MqttWire.MaxReasonsBytes)
                body = Outcomes.Write([.. outcomes.Select(o => o with { Reason = null })]);
            return new Told(AnswerKind.Outcomes, body);
        }
        catch (Exception e)
        {
            if (!answers.Closing.IsCancellationRequested)
                LogMessages.ReceiveFailed(_logger, from.ToString(), ReasonLine.Of(e.Message));
            return RequestJudge.NotTaken("the node could not take it");
        }
        finally
        {
            _room.Return(from, bytes);
        }
    }
}
