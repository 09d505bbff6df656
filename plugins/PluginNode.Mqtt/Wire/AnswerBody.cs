using System.Text;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Wire;

/// <summary>The body of an answer of kind <see cref="AnswerKind.Said"/>: the status (8 bits, see
/// <see cref="RequestCode"/>), then the answer, or why there is none in UTF-8.</summary>
internal static class AnswerBody
{
    private const int MostReason = 4 * Outcomes.MaxReason;

    /// <summary>Both parts of it.</summary>
    public static (byte[] Status, ReadOnlyMemory<byte> Body) Write(RequestOutcome outcome) => (
        [RequestCode.Of(outcome.Status)],
        outcome.IsAnswered ? outcome.Body : Encoding.UTF8.GetBytes(ReasonLine.Of(outcome.Reason)));

    /// <summary>Reads one; an answer is a part of the bytes given. Null for what is none.</summary>
    public static RequestOutcome? Read(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty || RequestCode.Read(body.Span[0]) is not { } status) return null;
        var rest = body[1..];
        if (status == RequestStatus.Answered) return RequestOutcome.Answer(rest);
        return rest.Length > MostReason
            ? null : RequestOutcome.None(status, ReasonLine.Of(Encoding.UTF8.GetString(rest.Span)));
    }
}
