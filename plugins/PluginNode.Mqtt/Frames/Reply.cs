using System.Buffers.Binary;
using System.Text;
using PluginNode.Events;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>What came of one request: the outcomes, the time to sign with, or why neither came.</summary>
/// <param name="Outcomes">By the envelopes' ids.</param>
/// <param name="PeerTime">Milliseconds since 1970.</param>
/// <param name="Failure">One line for people.</param>
internal readonly record struct Reply(Dictionary<Guid, SendOutcome>? Outcomes, long? PeerTime, string? Failure)
{
    /// <summary>Why there are no outcomes or events, whatever came.</summary>
    public string Reason => Failure ?? "the peer answered something else";

    /// <summary>Whether it failed because nobody takes requests there.</summary>
    public bool IsNobodyThere { get; init; }

    /// <summary>Where events were asked for: a list whose first part is the cursor.</summary>
    public ReadOnlyMemory<byte>[]? Events { get; init; }

    /// <summary>Where days were asked for: oldest first.</summary>
    public IReadOnlyList<LedgerDay>? Days { get; init; }

    /// <summary>Where a named protocol was asked.</summary>
    public RequestOutcome? Said { get; init; }

    /// <summary>Where it is none yet: bytes of the answer that follows.</summary>
    public long? Coming { get; init; }

    /// <summary>Whether it failed because nothing came in the time that there is.</summary>
    public bool IsSilence { get; init; }

    /// <summary>Whether it failed because an answer that was announced did not come in time.</summary>
    public bool IsTooSlow { get; init; }

    /// <summary>Whether it failed because the peer, by its own word, takes nothing now.</summary>
    public bool IsTurnedAway { get; init; }

    public static Reply Failed(string reason) => new(null, null, ReasonLine.Of(reason));

    /// <summary>Reads an authentic answer; what is large in it stays a part of these bytes.</summary>
    public static Reply Of(AnswerKind kind, ReadOnlyMemory<byte> body)
    {
        switch (kind)
        {
            case AnswerKind.Outcomes:
                return Peering.Outcomes.Read(body.Span) is { } outcomes
                    ? new Reply(outcomes, null, null)
                    : Failed("the peer's outcomes are malformed");
            case AnswerKind.Clock:
                if (body.Length != sizeof(long)) return Failed("the peer's time is malformed");
                var time = BinaryPrimitives.ReadInt64BigEndian(body.Span);
                return SessionClock.IsTime(time) ? new Reply(null, time, null) : Failed("the peer's time is no time");
            case AnswerKind.Events:
                return FrameList.Split(body) is { } events
                    ? new Reply(null, null, null) { Events = events }
                    : Failed("the peer's events are malformed");
            case AnswerKind.Days:
                return DaysBody.Read(body.Span) is { } days
                    ? new Reply(null, null, null) { Days = days }
                    : Failed("the peer's days are malformed");
            case AnswerKind.Said:
                return AnswerBody.Read(body) is { } said
                    ? new Reply(null, null, null) { Said = said }
                    : Failed("the peer's answer is malformed");
            case AnswerKind.Coming:
                return body.Length == sizeof(long)
                    && BinaryPrimitives.ReadInt64BigEndian(body.Span) is >= 0 and var bytes
                    ? new Reply(null, null, null) { Coming = bytes }
                    : Failed("what the peer announces is malformed");
            default:
                return Failed(Encoding.UTF8.GetString(body.Span)) with { IsTurnedAway = true };
        }
    }
}
