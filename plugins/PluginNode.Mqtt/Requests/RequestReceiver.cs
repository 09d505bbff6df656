using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Requests;

/// <summary>
/// Answers requests to named protocols:
/// <code>
/// signed, fresh, new ──► a request? ──► judged by the host ──► room ──► host ──► room for the answer ──► answer
///                           └────────────────┴──────────────────┴─ no: why ──────────┴─ no: why
/// </code>
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
/// <param name="host">Who answers, where it can.</param>
/// <param name="answers">Passes requests on, and publishes answers.</param>
/// <param name="mostBytes">The largest answer that gets to a peer.</param>
internal sealed class RequestReceiver(
    MqttOptions options, MqttNode node, ITransportHost host, SignedAnswers answers, Func<PeerId, int> mostBytes)
{
    // what a request, or an answer, holds besides its bytes
    private const int Around = 1024;

    // an answer over this is announced: nobody sees it come before all of it is there
    private const int Large = 64 << 10;

    private static readonly AnswerWay Way =
        new(FrameRequest.PeerUse, FrameAnswer.PeerUse, Topics.AnswersOf, Correlates: true);

    private readonly IRequestHost? _host = host as IRequestHost;
    private readonly ReceiveRoom _questions = ReceiveRoom.For(options);
    private readonly ReceiveRoom _answers = ReceiveRoom.For(options);
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();

    /// <summary>Takes what came on this node's topic.</summary>
    public ValueTask TakeAsync(MqttMessage message)
    {
        _ = answers.TakeAsync(message, Way, AnswerAsync);
        return ValueTask.CompletedTask;
    }

    private async ValueTask AnswerAsync(FrameRequest request, ReadOnlyMemory<byte> payload)
    {
        if (RequestBody.Read(payload[FrameRequest.HeadBytes..]) is not { } asked)
        {
            await SayAsync(request, RequestOutcome.None(RequestStatus.Refused, "the body is no request"));
            return;
        }
        if (Judge(request.From, asked) is { } refusal)
        {
            await SayAsync(request, refusal);
            return;
        }
        var outcome = await InRoomAsync(
            _questions, request.From, payload.Length, () => AskHostAsync(request.From, asked))
            ?? TooMuch(request.From);
        var isSaid = await InRoomAsync(_answers, request.From, outcome.Body.Length, async () =>
        {
            await SayAsync(request, outcome);
            return true;
        });
        if (isSaid is null) await SayAsync(request, TooMuch(request.From));
    }

    private RequestOutcome? Judge(PeerId from, PeerRequest asked) => _host is null
        ? RequestOutcome.None(RequestStatus.Unsupported, "this node answers nothing")
        : _host.Judge(from, asked.Protocol, asked.Body.Length);

    private async Task<RequestOutcome> AskHostAsync(PeerId from, PeerRequest asked)
    {
        var request = asked with { MostAnswerBytes = Math.Min(asked.MostAnswerBytes, mostBytes(from)) };
        try
        {
            var outcome = await _host!.AnswerAsync(from, request, answers.Closing);
            return outcome.Body.Length <= request.MostAnswerBytes ? outcome : RequestOutcome.None(
                RequestStatus.TooLarge,
                $"the answer has {outcome.Body.Length} bytes, of {request.MostAnswerBytes} that get there");
        }
        catch (Exception e) when (!answers.Closing.IsCancellationRequested)
        {
            LogMessages.AnswerFailed(_logger, from.ToString(), ReasonLine.Of(e.Message));
            return RequestOutcome.None(RequestStatus.Refused, "the node could not answer");
        }
    }

    // null where there is no room
    private static async Task<T?> InRoomAsync<T>(ReceiveRoom room, PeerId peer, long bytes, Func<Task<T>> doAsync)
        where T : struct
    {
        if (!room.TryTake(peer, bytes + Around)) return null;
        try
        {
            return await doAsync();
        }
        finally
        {
            room.Return(peer, bytes + Around);
        }
    }

    private RequestOutcome TooMuch(PeerId peer)
    {
        answers.Complaints.NoRoom(peer);
        return RequestOutcome.None(RequestStatus.Busy, "too much is being asked at once");
    }

    private async ValueTask SayAsync(FrameRequest request, RequestOutcome outcome)
    {
        var (status, body) = AnswerBody.Write(outcome);
        if (body.Length > Large)
        {
            var coming = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(coming, body.Length);
            await answers.PostAsync(request, Way, new Told(AnswerKind.Coming, coming));
        }
        await answers.PostAsync(request, Way, new Told(AnswerKind.Said, status, body));
    }
}
