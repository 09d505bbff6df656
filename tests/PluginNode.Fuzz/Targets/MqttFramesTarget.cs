extern alias mqtt;

using System.Text;
using mqtt::PluginNode.Mqtt.Frames;
using mqtt::PluginNode.Mqtt.Wire;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Transports;

namespace PluginNode.Fuzz.Targets;

/// <summary>What stands on the topics of a node: a byte that says which, then a request with frames, an answer, a
/// presence, or a request to a named protocol. A signature holds for nothing but what was signed, every byte
/// included.</summary>
internal sealed class MqttFramesTarget : FuzzTarget
{
    private const long Time = 1_767_225_600_000;

    // a table for as many outcomes as a request has frames
    private const int Fixed = 160 * FrameList.MaxFrames;

    private readonly HashSet<string> _signed = new(StringComparer.Ordinal);

    public MqttFramesTarget()
    {
        foreach (var sample in Samples()) _signed.Add(Convert.ToHexString(sample.Bytes.AsSpan(1)));
    }

    public override string Name => "mqtt-frames";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        var (from, to) = (SomeNodes.Sender, SomeNodes.Receiver);
        var frames = Enumerable.Range(0, 3).Select(i => new Frame(Guid.Empty, new byte[i * 10])).ToList();
        var request = new FrameRequest(from.Self, to.Self, 12345, Time, Time + 1);
        yield return Of("request", 0, request.Write(frames, 0, 3, from));
        yield return Of("request-one", 0, (request with { Nonce = UInt128.MaxValue }).Write(frames, 1, 1, from));
        var answer = new FrameAnswer(from.Self, to.Self, 12345, Time, AnswerKind.Outcomes);
        SendOutcome[] outcomes =
        [
            new(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), SendStatus.Delivered),
            new(Guid.Empty, SendStatus.Retry, "full", TimeSpan.FromSeconds(1)),
        ];
        yield return Of("answer-outcomes", 1, answer.Write(Outcomes.Write(outcomes), from));
        yield return Of("answer-clock", 1, (answer with { Kind = AnswerKind.Clock }).Write(new byte[8], from));
        yield return Of("answer-no", 1, (answer with { Kind = AnswerKind.NotTaken }).Write("ñ\nno"u8, from));
        var page = new byte[] { 0, 0, 0, 1, 0, 0, 0, 0 };
        yield return Of("answer-events", 1, (answer with { Kind = AnswerKind.Events }).Write(
            page, from, FrameAnswer.EventsUse));
        var days = DaysBody.Write([new(new DateOnly(2026, 1, 1), 3, 77)], int.MaxValue);
        yield return Of("answer-days", 1, (answer with { Kind = AnswerKind.Days }).Write(
            days, from, FrameAnswer.EventsUse));
        (string, RequestOutcome)[] told =
        [
            ("said", RequestOutcome.Answer("[1,2]"u8.ToArray())), ("said-nothing", RequestOutcome.Answer(default)),
            ("said-busy", RequestOutcome.None(RequestStatus.Busy, new string('é', 200))),
        ];
        foreach (var (name, outcome) in told)
        {
            var (status, body) = AnswerBody.Write(outcome);
            yield return Of($"answer-{name}", 1, (answer with { Kind = AnswerKind.Said }).Write(
                status, body.Span, from, FrameAnswer.PeerUse));
        }
        yield return Of("answer-coming", 1, (answer with { Kind = AnswerKind.Coming }).Write(
            [0, 0, 0, 0, 0, 1, 0, 0], from, FrameAnswer.PeerUse));
        foreach (var (name, asked) in ((string, PeerRequest)[])
            [
                ("asked", new PeerRequest("/some/question/1.0", "{}"u8.ToArray(), 1 << 20)),
                ("asked-empty", new PeerRequest(new string('語', 255), default, 0)),
            ])
            yield return Of(name, 3, request.Write(
                RequestBody.Head(asked), asked.Body.Span, FrameRequest.PeerUse, from));
        yield return Of("up", 2, new PresenceText(true, 77, 3, 1 << 20).Write(from));
        yield return Of("down", 2, new PresenceText(false, UInt128.MaxValue, 0, int.MaxValue).Write(from));
    }

    public override Verdict Check(byte[] input)
    {
        if (input.Length == 0) return Verdict.Refused("empty");
        var payload = input[1..];
        var most = Fixed + (16L * input.Length);
        return (input[0] % 4) switch
        {
            0 => Measure.Bounded(most, () => Request(payload)),
            1 => Measure.Bounded(most, () => Answer(payload)),
            2 => Measure.Bounded(most, () => Presence(payload)),
            _ => Measure.Bounded(most, () => Asked(payload)),
        };
    }

    private Verdict Request(byte[] payload)
    {
        if (!FrameRequest.TryRead(payload, out var request)) return Verdict.Refused("no request");
        var body = FrameList.Split(payload.AsMemory(FrameRequest.HeadBytes));
        var shape = body is null ? "no frames" : body.Length > 1 ? "several" : "one";
        if (body is not null)
        {
            var frames = body.Select(f => new Frame(Guid.Empty, f)).ToList();
            var again = request.Write(frames, 0, frames.Count, SomeNodes.Sender);
            Holds.That(
                again.AsSpan(FrameRequest.HeadBytes).SequenceEqual(payload.AsSpan(FrameRequest.HeadBytes))
                    && FrameRequest.TryRead(again, out var same) && same == request,
                "written again it is another request");
        }
        return Signed(request.IsSigned(SomeNodes.Receiver, payload), payload, shape);
    }

    private Verdict Asked(byte[] payload)
    {
        if (!FrameRequest.TryRead(payload, out var request)) return Verdict.Refused("no request");
        if (RequestBody.Read(payload.AsMemory(FrameRequest.HeadBytes)) is not { } asked)
            return Verdict.Refused("asks nothing");
        Holds.That(PeerRequest.IsProtocol(asked.Protocol) && asked.MostAnswerBytes >= 0, "it asks what cannot be");
        byte[] again = [.. RequestBody.Head(asked), .. asked.Body.Span];
        Holds.That(
            again.AsSpan().SequenceEqual(payload.AsSpan(FrameRequest.HeadBytes)),
            "written again it asks something else");
        return Signed(request.IsSigned(SomeNodes.Receiver, payload, FrameRequest.PeerUse), payload, "asked");
    }

    private Verdict Answer(byte[] payload)
    {
        if (!FrameAnswer.TryRead(payload, out var answer)) return Verdict.Refused("no answer");
        var body = FrameAnswer.BodyOf(payload);
        Holds.That(
            FrameAnswer.TryRead(answer.Write(body.Span, SomeNodes.Sender), out var again) && again == answer,
            "written again it is another answer");
        var reply = Reply.Of(answer.Kind, body);
        Holds.That(
            reply.Failure is null || (reply.Failure.Length <= Outcomes.MaxReason && !reply.Failure.Any(char.IsControl)),
            "a reason is longer than a line");
        Holds.That(reply.Coming is null or >= 0, "less than nothing is coming");
        if (reply.Said is { } said)
        {
            var (status, rest) = AnswerBody.Write(said);
            var same = AnswerBody.Read((byte[])[.. status, .. rest.Span]);
            Holds.That(
                same is { } read && read.Status == said.Status && read.Reason == said.Reason
                    && read.Body.Span.SequenceEqual(said.Body.Span),
                "written again it says something else");
        }
        var isSigned = answer.IsSigned(SomeNodes.Receiver, payload)
            || answer.IsSigned(SomeNodes.Receiver, payload, FrameAnswer.PeerUse);
        return Signed(isSigned, payload, $"{answer.Kind}, {reply.Said?.Status}");
    }

    private Verdict Presence(byte[] payload)
    {
        if (PresenceText.Read(payload, SomeNodes.Sender.Self, SomeNodes.Receiver) is not { } presence)
            return Verdict.Refused("no presence");
        Holds.That(
            Encoding.ASCII.GetString(payload).StartsWith(presence.IsUp ? "up " : "down ", StringComparison.Ordinal),
            "it is read as its opposite");
        return Signed(true, payload, $"{presence.IsUp}");
    }

    private Verdict Signed(bool isSigned, byte[] payload, string shape)
    {
        Holds.That(!isSigned || _signed.Contains(Convert.ToHexString(payload)), "a signature holds for another text");
        return Verdict.Took($"{shape}, {isSigned}");
    }

    private static Sample Of(string name, byte kind, byte[] payload) => new(name, [kind, .. payload]);
}
