using PluginNode.Identity;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>What an answer says: its kind, and its body in two parts.</summary>
internal readonly record struct Told(AnswerKind Kind, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Rest = default);

/// <summary>One way to be asked.</summary>
/// <param name="RequestUse">What requests are signed for.</param>
/// <param name="AnswerUse">What their answers are signed for.</param>
/// <param name="TopicOf">Where who asked takes answers; it follows from the key that has signed, and from nothing
/// else.</param>
/// <param name="Correlates">Whether 5.0 carries the nonce beside the answer, too.</param>
internal sealed record AnswerWay(
    string RequestUse, string AnswerUse, Func<PeerId, string> TopicOf, bool Correlates = false);

/// <summary>Takes signed requests that are fresh, and publishes their answers. Any thread.</summary>
/// <param name="options">The settings.</param>
/// <param name="node">The node.</param>
/// <param name="host">Is told whom was heard of.</param>
/// <param name="gate">Counts the requests under way.</param>
/// <param name="publish">Publishes answers.</param>
/// <param name="judge">Which requests are answered.</param>
/// <param name="closing">Gives up, as the transport ends.</param>
internal sealed class SignedAnswers(
    MqttOptions options, MqttNode node, ITransportHost host, CallGate gate,
    Func<MqttMessage, CancellationToken, ValueTask<MqttPublishResult>> publish, RequestJudge judge,
    CancellationToken closing)
{
    /// <summary>Tells the operator what is not taken.</summary>
    public Complaints Complaints => judge.Complaints;

    /// <summary>Cancelled when the transport ends.</summary>
    public CancellationToken Closing => closing;

    /// <summary>Takes what came on one of this node's topics; begins to answer in the order in which it was called,
    /// and completes when it has answered. Who does not wait for it, so that a slow host does not hold up other peers,
    /// gives it an answer that throws nothing.</summary>
    /// <param name="message">What came.</param>
    /// <param name="way">Which topic that is.</param>
    /// <param name="answer">Answers what may be answered, with <see cref="PostAsync"/>.</param>
    public Task TakeAsync(
        MqttMessage message, AnswerWay way, Func<FrameRequest, ReadOnlyMemory<byte>, ValueTask> answer) =>
        judge.IsSigned(message, way.RequestUse, out var request) && gate.TryEnter()
            ? AnswerAsync(request, message.Payload, way, answer) : Task.CompletedTask;

    /// <summary>Signs an answer and publishes it to whoever has signed the request.</summary>
    public async ValueTask PostAsync(FrameRequest request, AnswerWay way, Told told)
    {
        var patience = options.SendLimit + MqttWire.TransferTime(told.Body.Length + told.Rest.Length);
        using var limit = new CancellationTokenSource(patience, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, closing);
        var signed = new FrameAnswer(
            node.Signer.Self, request.From, request.Nonce, node.Time.GetUtcNow().ToUnixTimeMilliseconds(), told.Kind);
        var topic = way.TopicOf(request.From);
        var result = await publish(
            new MqttMessage
            {
                Topic = topic,
                Payload = signed.Write(told.Body.Span, told.Rest.Span, node.Signer, way.AnswerUse),
                Qos = MqttQos.AtLeastOnce,
                Expiry = TimeSpan.FromSeconds(Math.Ceiling(patience.TotalSeconds)),
                CorrelationData = way.Correlates ? request.Correlation : (ReadOnlyMemory<byte>?)null,
            },
            either.Token);
        if (!result.IsTaken)
            Complaints.NotAnswered(request.From, $"the broker did not take it for {topic}: {result.Text}");
    }

    private async Task AnswerAsync(
        FrameRequest request, ReadOnlyMemory<byte> payload, AnswerWay way,
        Func<FrameRequest, ReadOnlyMemory<byte>, ValueTask> answer)
    {
        try
        {
            if (judge.IsFresh(request, payload.Length, out var turnedAway))
            {
                host.Heard(request.From, DateTimeOffset.FromUnixTimeMilliseconds(request.Clock));
                await answer(request, payload);
            }
            else if (turnedAway is { } told) await PostAsync(request, way, told);
        }
        catch (OperationCanceledException)
        {
            Complaints.NotAnswered(request.From, closing.IsCancellationRequested
                ? "the transport stops" : "the broker does not take answers in time");
        }
        finally
        {
            gate.Leave();
        }
    }
}
