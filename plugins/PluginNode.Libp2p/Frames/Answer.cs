using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>What the taker of batches says: of one batch, or with the number 0 of itself. Each has a length before it
/// on the wire; all numbers are big endian.</summary>
/// <param name="Number">Of the batch; 0 is the greeting, and where it has a reason the farewell.</param>
/// <param name="Clock">The taker's, in milliseconds since 1970.</param>
/// <param name="MaxBatch">The largest batch that it takes, in bytes.</param>
/// <param name="Reason">Why frames have no outcome; empty where all have one.</param>
/// <param name="Outcomes">By id.</param>
internal sealed record Answer(
    uint Number, long Clock, uint MaxBatch, string Reason, IReadOnlyDictionary<Guid, SendOutcome> Outcomes)
{
    public static readonly IReadOnlyDictionary<Guid, SendOutcome> None = new Dictionary<Guid, SendOutcome>();

    private const int IdBytes = 16;
    private const int FixedBytes = IdBytes + 1 + 4 + 2;
    private const int HeadBytes = 4 + 8 + 4;
    private const int MaxText = FrameWire.MaxReason * 4;
    private const uint NoRetryAfter = uint.MaxValue;

    /// <summary>The largest that is read: as many outcomes as a batch has frames, each with the longest
    /// reason.</summary>
    public const int MaxBytes = HeadBytes + 2 + MaxText + 4 + (FrameWire.MaxFrames * (FixedBytes + MaxText));

    /// <summary>No answer of a peer's, but why there is none.</summary>
    public static Answer Missing(string reason) => new(0, 0, 0, reason, None);

    public static byte[] Write(
        uint number, long clock, int maxBatch, string? reason, IReadOnlyList<SendOutcome> outcomes)
    {
        var writer = new ArrayBufferWriter<byte>(32 + MaxText + (outcomes.Count * (FixedBytes + 16)));
        var head = writer.GetSpan(sizeof(uint) + HeadBytes);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], number);
        BinaryPrimitives.WriteInt64BigEndian(head[8..], clock);
        BinaryPrimitives.WriteInt32BigEndian(head[16..], maxBatch);
        writer.Advance(sizeof(uint) + HeadBytes);
        Put(writer, reason);
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(4), outcomes.Count);
        writer.Advance(4);
        foreach (var outcome in outcomes)
        {
            var span = writer.GetSpan(FixedBytes);
            outcome.Id.TryWriteBytes(span, bigEndian: true, out _);
            span[IdBytes] = ToByte(outcome.Status);
            BinaryPrimitives.WriteUInt32BigEndian(span[(IdBytes + 1)..], ToMilliseconds(outcome.RetryAfter));
            writer.Advance(IdBytes + 1 + 4);
            Put(writer, outcome.Reason);
        }
        var message = writer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(message, message.Length - sizeof(uint));
        return message;
    }

    /// <summary>The next answer of a stream; null at its end.</summary>
    /// <exception cref="Libp2pException">It is malformed or too long, or the stream ended within it.</exception>
    public static async ValueTask<Answer?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var prefix = new byte[sizeof(uint)];
        var got = await stream.ReadAtLeastAsync(prefix, prefix.Length, throwOnEndOfStream: false, cancellation);
        if (got == 0) return null;
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix);
        if (got < prefix.Length) throw Malformed("is cut short");
        if (length > MaxBytes) throw Malformed($"has {length} bytes");
        var buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var message = buffer.AsMemory(0, (int)length);
            got = await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellation);
            if (got < length) throw Malformed("is cut short");
            return Parse(message.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads what follows the length; of several outcomes for one id the first counts.</summary>
    /// <exception cref="Libp2pException">It is malformed.</exception>
    public static Answer Parse(ReadOnlySpan<byte> message)
    {
        var head = Take(ref message, HeadBytes);
        var reason = TakeText(ref message);
        var count = BinaryPrimitives.ReadUInt32BigEndian(Take(ref message, 4));
        if (count > FrameWire.MaxFrames || message.Length < count * FixedBytes)
            throw Malformed($"has {count} outcomes");
        var outcomes = new Dictionary<Guid, SendOutcome>((int)count);
        for (var i = 0; i < count; i++)
        {
            var id = new Guid(Take(ref message, IdBytes), bigEndian: true);
            var status = FromByte(Take(ref message, 1)[0]);
            var after = BinaryPrimitives.ReadUInt32BigEndian(Take(ref message, 4));
            var why = TakeText(ref message);
            TimeSpan? retryAfter = after == NoRetryAfter ? null : TimeSpan.FromMilliseconds(after);
            outcomes.TryAdd(id, new SendOutcome(id, status, why.Length == 0 ? null : why, retryAfter));
        }
        if (!message.IsEmpty) throw Malformed("has bytes behind its last outcome");
        return new Answer(
            BinaryPrimitives.ReadUInt32BigEndian(head), BinaryPrimitives.ReadInt64BigEndian(head[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[12..]), reason, outcomes);
    }

    private static void Put(ArrayBufferWriter<byte> writer, string? text)
    {
        var line = ReasonLine.Of(text);
        var span = writer.GetSpan(2 + (line.Length * 3));
        var length = Encoding.UTF8.GetBytes(line, span[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(span, (ushort)length);
        writer.Advance(2 + length);
    }

    private static string TakeText(ref ReadOnlySpan<byte> message)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(Take(ref message, 2));
        return length > MaxText ? throw Malformed($"has a reason of {length} bytes")
            : ReasonLine.Of(Encoding.UTF8.GetString(Take(ref message, length)));
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> message, int count)
    {
        if (count > message.Length) throw Malformed("is cut short");
        var taken = message[..count];
        message = message[count..];
        return taken;
    }

    private static Libp2pException Malformed(string what) =>
        Libp2pException.Malformed($"An answer about frames {what}.");

    // written out: the order of the enumeration is no part of the wire.
    // A peer cannot know "sent": it has the frame or not.
    private static byte ToByte(SendStatus status) => status switch
    {
        SendStatus.Delivered => 1,
        SendStatus.Duplicate => 2,
        SendStatus.Refused => 3,
        _ => 0,
    };

    private static SendStatus FromByte(byte value) => value switch
    {
        0 => SendStatus.Retry,
        1 => SendStatus.Delivered,
        2 => SendStatus.Duplicate,
        3 => SendStatus.Refused,
        _ => throw Malformed($"has an outcome {value}"),
    };

    private static uint ToMilliseconds(TimeSpan? after) => after is { } time
        ? (uint)Math.Clamp(time.TotalMilliseconds, 0, NoRetryAfter - 1)
        : NoRetryAfter;
}
