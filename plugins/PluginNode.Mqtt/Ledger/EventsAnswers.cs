using PluginNode.Events;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Ledger;

/// <summary>Answers requests for events, a page at a time, and for what is held by day, that peers of the peer list
/// have signed, to their own topic: who did not sign gets nothing.</summary>
/// <param name="node">The node.</param>
/// <param name="parts">Its ledger.</param>
/// <param name="judge">Which requests are answered.</param>
/// <param name="mostBytes">The largest body that a peer takes.</param>
/// <param name="publish">Publishes answers.</param>
internal sealed class EventsAnswers(
    MqttNode node, LedgerParts parts, RequestJudge judge, Func<Identity.PeerId, int> mostBytes,
    Func<MqttMessage, CancellationToken, ValueTask<MqttPublishResult>> publish)
{
    private const int MostBytes = 256 << 10;

    private readonly SenderLimits<Identity.PeerId> _each = new(50, 100, node.Time);

    /// <summary>Answers one request; the handler of the subscription waits for it.</summary>
    public async ValueTask TakeAsync(MqttMessage message, CancellationToken cancellation)
    {
        if (!judge.IsSigned(message, FrameRequest.EventsUse, out var request)) return;
        if ((judge.IsFresh(request, message.Payload.Length, out var answer)
            ? Answer(request.From, message.Payload.Span[FrameRequest.HeadBytes..]) : answer) is not { } told) return;
        var signed = new FrameAnswer(
            node.Signer.Self, request.From, request.Nonce, node.Time.GetUtcNow().ToUnixTimeMilliseconds(), told.Kind);
        var result = await publish(
            new MqttMessage
            {
                Topic = Topics.EventsOf(request.From),
                Payload = signed.Write(told.Body.Span, node.Signer, FrameAnswer.EventsUse),
            },
            cancellation);
        if (!result.IsTaken) judge.Complaints.NotAnswered(request.From, result.Text);
    }

    private Told Answer(Identity.PeerId from, ReadOnlySpan<byte> body)
    {
        if (!_each.TryTake(from))
        {
            judge.Complaints.TooMany(from);
            return RequestJudge.NotTaken("too many requests");
        }
        if (EventsAsk.Read(body) is not { } ask) return RequestJudge.NotTaken("the body asks for no events");
        var room = Math.Min(MostBytes, mostBytes(from));
        return ask.Days
            ? new Told(AnswerKind.Days, DaysBody.Write(parts.Ledger.Days(), room))
            : new Told(AnswerKind.Events, Page(ask, room));
    }

    private byte[] Page(EventsAsk ask, int bytes)
    {
        var page = new EventsPage(bytes);
        var query = new LedgerQuery
        {
            Subjects = ask.Subjects, Services = ask.Services, Since = ask.Since,
            After = LedgerCursor.Parse(ask.After), Limit = Math.Min(ask.Limit, EventsPage.MostEvents),
        };
        LedgerCursor? last = null;
        var read = parts.Ledger.Read(query);
        foreach (var e in read.Events)
        {
            // one that no answer to this peer has room for is left out
            if (!page.TryAdd(e, parts.Writer) && page.Count > 0) return page.ToBytes(last);
            last = new LedgerCursor(e.Timestamp, e.Id);
        }
        return page.ToBytes(read.Next);
    }
}
