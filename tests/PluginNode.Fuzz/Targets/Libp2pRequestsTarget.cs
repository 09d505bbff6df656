using System.Text;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Libp2p;
using PluginNode.Libp2p.Requests;
using PluginNode.Transports;

namespace PluginNode.Fuzz.Targets;

/// <summary>What is said on a stream for a request: a byte for the direction, then a question, or an answer. What is
/// read is the same once it is written again.</summary>
internal sealed class Libp2pRequestsTarget : FuzzTarget
{
    private const int Fixed = 8192;

    public override string Name => "libp2p-requests";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } = [.. ByteEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        yield return Question("question", "/some/question/1.0", "{}", 1 << 20);
        yield return Question("question-empty", "é", "", 0);
        yield return Question("question-long-name", new string('語', 255), "x", int.MaxValue);
        yield return Answer("answer", RequestOutcome.Answer("[1,2,3]"u8.ToArray()));
        yield return Answer("answer-empty", RequestOutcome.Answer(default));
        yield return Answer("answer-none", RequestOutcome.None(RequestStatus.Busy, new string('é', 200)));
    }

    public override Verdict Check(byte[] input)
    {
        if (input.Length == 0) return Verdict.Refused("empty");
        try
        {
            return input[0] % 2 == 0 ? CheckQuestion(input.AsMemory(1)) : CheckAnswer(input.AsMemory(1));
        }
        catch (Libp2pException e)
        {
            Holds.That(e.Fault == Libp2pFault.Malformed, $"it has another fault: {e.Fault}");
            return Verdict.Refused(e.Message);
        }
    }

    private static Verdict CheckQuestion(ReadOnlyMemory<byte> bytes)
    {
        const int head = RequestWire.QuestionHead;
        if (bytes.Length < head) return Verdict.Refused("cut off");
        var (name, most, body) = Measure.Bounded(Fixed, () => RequestWire.ReadQuestion(bytes.Span));
        Holds.That(name is > 0 and <= RequestWire.MostName && most >= 0 && body >= 0, "it is too large");
        if (bytes.Length < head + name) return Verdict.Refused("cut off");
        var protocol = Measure.Bounded(Fixed, () => RequestWire.ReadName(bytes.Span.Slice(head, name)));
        Holds.That(PeerRequest.IsProtocol(protocol), "its protocol is none");
        if (bytes.Length - head - name < body) return Verdict.Refused("cut off");
        var request = new PeerRequest(protocol, bytes.Slice(head + name, body), most);
        IsTheSame(bytes, RequestWire.Write(request, most, out var rest), rest);
        return Verdict.Took("question");
    }

    private static Verdict CheckAnswer(ReadOnlyMemory<byte> bytes)
    {
        const int head = RequestWire.AnswerHead;
        if (bytes.Length < head) return Verdict.Refused("cut off");
        var (status, length) = Measure.Bounded(Fixed, () => RequestWire.ReadAnswer(bytes.Span));
        Holds.That(length >= 0, "it has less than nothing");
        Holds.That(
            status == RequestStatus.Answered || length <= RequestWire.MostReason, "the reason is longer than a line");
        if (bytes.Length - head < length) return Verdict.Refused("cut off");
        if (status == RequestStatus.Answered)
        {
            var answer = RequestOutcome.Answer(bytes.Slice(head, length));
            IsTheSame(bytes, RequestWire.Write(answer, out var rest), rest);
        }
        return Verdict.Took(status.ToString());
    }

    private static void IsTheSame(ReadOnlyMemory<byte> read, byte[] written, ReadOnlyMemory<byte> rest)
    {
        byte[] again = [.. written, .. rest.Span];
        Holds.That(again.AsSpan().SequenceEqual(read.Span[..again.Length]), "written again it is something else");
    }

    private static Sample Question(string name, string protocol, string body, int most) => new(
        name,
        [0, .. RequestWire.Write(new PeerRequest(protocol, Encoding.UTF8.GetBytes(body), most), most, out _)]);

    private static Sample Answer(string name, RequestOutcome outcome) =>
        new(name, [1, .. RequestWire.Write(outcome, out _)]);
}
