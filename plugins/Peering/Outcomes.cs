using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using PluginNode.Transports;

namespace PluginNode.Peering;

/// <summary>
/// The body of an answer: the count (32 bits), then for each outcome the envelope's id (16 bytes, RFC 9562 order), the
/// status (8 bits), when to retry (32 bits, milliseconds), the reason's length (16 bits) and the reason in UTF-8. All
/// numbers are big endian.
/// </summary>
internal static class Outcomes
{
    public const int MaxReason = ReasonLine.Most;
    private const int IdBytes = 16;
    private const int FixedBytes = IdBytes + 1 + 4 + 2;
    private const uint NoRetryAfter = uint.MaxValue;

    /// <summary>The largest answer that is read: as many outcomes as a batch has frames, each with the longest
    /// reason.</summary>
    public const int MaxBytes = 4 + (FrameList.MaxFrames * (FixedBytes + (MaxReason * 4)));

    public static byte[] Write(IReadOnlyList<SendOutcome> outcomes)
    {
        var writer = new ArrayBufferWriter<byte>(4 + (outcomes.Count * (FixedBytes + 16)));
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(4), outcomes.Count);
        writer.Advance(4);
        foreach (var outcome in outcomes)
        {
            var reason = ReasonLine.Of(outcome.Reason);
            var span = writer.GetSpan(FixedBytes + (reason.Length * 3));
            outcome.Id.TryWriteBytes(span, bigEndian: true, out _);
            span[IdBytes] = ToByte(outcome.Status);
            BinaryPrimitives.WriteUInt32BigEndian(span[(IdBytes + 1)..], ToMilliseconds(outcome.RetryAfter));
            var length = Encoding.UTF8.GetBytes(reason, span[FixedBytes..]);
            BinaryPrimitives.WriteUInt16BigEndian(span[(IdBytes + 5)..], (ushort)length);
            writer.Advance(FixedBytes + length);
        }
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an answer; of several outcomes for one id the first counts. Null when it is malformed.</summary>
    public static Dictionary<Guid, SendOutcome>? Read(ReadOnlySpan<byte> body)
    {
        if (body.Length < 4) return null;
        var count = BinaryPrimitives.ReadUInt32BigEndian(body);
        body = body[4..];
        if (count > FrameList.MaxFrames) return null;
        var outcomes = new Dictionary<Guid, SendOutcome>((int)count);
        for (var i = 0; i < count; i++)
        {
            if (body.Length < FixedBytes) return null;
            var id = new Guid(body[..IdBytes], bigEndian: true);
            var status = FromByte(body[IdBytes]);
            var after = BinaryPrimitives.ReadUInt32BigEndian(body[(IdBytes + 1)..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(body[(IdBytes + 5)..]);
            body = body[FixedBytes..];
            if (status is null || length > body.Length) return null;
            var reason = length == 0 ? null : ReasonLine.Of(Encoding.UTF8.GetString(body[..length]));
            TimeSpan? retryAfter = after == NoRetryAfter ? null : TimeSpan.FromMilliseconds(after);
            outcomes.TryAdd(id, new SendOutcome(id, status.Value, reason, retryAfter));
            body = body[length..];
        }
        return body.IsEmpty ? outcomes : null;
    }

    // written out: the order of the enumeration is no part of the wire.
    // A peer cannot know "sent": it has the frame or not.
    private static byte ToByte(SendStatus status) => status switch
    {
        SendStatus.Delivered => 1,
        SendStatus.Duplicate => 2,
        SendStatus.Refused => 3,
        _ => 0,
    };

    private static SendStatus? FromByte(byte value) => value switch
    {
        0 => SendStatus.Retry,
        1 => SendStatus.Delivered,
        2 => SendStatus.Duplicate,
        3 => SendStatus.Refused,
        _ => null,
    };

    private static uint ToMilliseconds(TimeSpan? after) => after is { } time
        ? (uint)Math.Clamp(time.TotalMilliseconds, 0, NoRetryAfter - 1)
        : NoRetryAfter;
}
