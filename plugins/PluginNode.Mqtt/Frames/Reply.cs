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

    public static Reply Failed(string reason) => new(null, null, Peering.Outcomes.OneLine(reason));

    /// <summary>Reads an authentic answer.</summary>
    public static Reply Of(AnswerKind kind, ReadOnlySpan<byte> body)
    {
        switch (kind)
        {
            case AnswerKind.Outcomes:
                return Peering.Outcomes.Read(body) is { } outcomes
                    ? new Reply(outcomes, null, null)
                    : Failed("the peer's outcomes are malformed");
            case AnswerKind.Clock:
                if (body.Length != sizeof(long)) return Failed("the peer's time is malformed");
                var time = BinaryPrimitives.ReadInt64BigEndian(body);
                return SessionClock.IsTime(time) ? new Reply(null, time, null) : Failed("the peer's time is no time");
            case AnswerKind.Events:
                return FrameList.Split(body.ToArray()) is { } events
                    ? new Reply(null, null, null) { Events = events }
                    : Failed("the peer's events are malformed");
            case AnswerKind.Days:
                return DaysBody.Read(body) is { } days
                    ? new Reply(null, null, null) { Days = days }
                    : Failed("the peer's days are malformed");
            default:
                return Failed(Encoding.UTF8.GetString(body));
        }
    }
}
