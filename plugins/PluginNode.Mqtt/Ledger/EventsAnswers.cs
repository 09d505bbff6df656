using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Ledger;

/// <summary>Answers requests for events, a page at a time, and for what is held by day, that peers of the peer list
/// have signed, to their own topic: who did not sign gets nothing.</summary>
/// <param name="node">The node.</param>
/// <param name="parts">Its ledger.</param>
/// <param name="answers">Passes requests on, and publishes answers.</param>
/// <param name="mostBytes">The largest body that gets to a peer.</param>
internal sealed class EventsAnswers(
    MqttNode node, LedgerParts parts, SignedAnswers answers, Func<PeerId, int> mostBytes)
{
    private const int MostBytes = 256 << 10;

    // hardly an event is smaller
    private const int LeastBytes = 1 << 10;

    private static readonly AnswerWay Way = new(FrameRequest.EventsUse, FrameAnswer.EventsUse, Topics.EventsOf);

    private readonly SenderLimits<PeerId> _each = new(50, 100, node.Time);

    /// <summary>Answers one request; the handler of the subscription waits for it, so that one answer at a time takes
    /// room.</summary>
    public ValueTask TakeAsync(MqttMessage message) => new(answers.TakeAsync(message, Way, AnswerAsync));

    private ValueTask AnswerAsync(FrameRequest request, ReadOnlyMemory<byte> payload) =>
        answers.PostAsync(request, Way, Answer(request.From, payload.Span[FrameRequest.HeadBytes..]));

    private Told Answer(PeerId from, ReadOnlySpan<byte> body)
    {
        if (!_each.TryTake(from))
        {
            answers.Complaints.TooMany(from);
            return RequestJudge.NotTaken("too many requests");
        }
        if (EventsAsk.Read(body) is not { } ask) return RequestJudge.NotTaken("the body asks for no events");
        var room = Math.Min(MostBytes, mostBytes(from));
        if (room < LeastBytes) return RequestJudge.NotTaken("the broker's largest packet is too small for an answer");
        return ask.Days
            ? new Told(AnswerKind.Days, DaysBody.Write(parts.Ledger.Days(), room))
            : new Told(AnswerKind.Events, Page(from, ask, room));
    }

    private byte[] Page(PeerId from, EventsAsk ask, int bytes)
    {
        var page = new EventsPage(bytes);
        for (var after = LedgerCursor.Parse(ask.After); ;)
        {
            var last = after;
            var read = parts.Ledger.Read(new LedgerQuery
            {
                Subjects = ask.Subjects, Services = ask.Services, Since = ask.Since, After = after,
                Limit = Math.Min(ask.Limit, EventsPage.MostEvents),
            });
            foreach (var e in read.Events)
            {
                if (!page.TryAdd(e, parts.Writer))
                {
                    if (page.Count > 0) return page.ToBytes(last);
                    answers.Complaints.LeftOut(from, e.Data.Length, bytes); // no answer to this peer has room for it
                }
                last = new LedgerCursor(e.Timestamp, e.Id);
            }
            // a page without events would look as if it led nowhere
            if (page.Count > 0 || read.Next is null) return page.ToBytes(read.Next);
            after = read.Next;
        }
    }
}
