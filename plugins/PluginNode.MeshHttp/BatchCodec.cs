using System.Buffers.Binary;
using System.Text;
using PluginNode.Transports;

namespace PluginNode.MeshHttp;

/// <summary>
/// Bodies, integers big-endian.
/// <code>
/// request:  count (4), then for each frame: length (4), bytes
/// response: count (4), then for each frame: envelope id (16), status (1), retry after in ms (4; 0: not said),
///           reason length (2), reason in UTF-8
/// </code>
/// </summary>
internal static class BatchCodec
{
    public const int MaxFrames = 4096;
    public const int MaxReasonBytes = 400;
    private const int OutcomeBytes = 16 + 1 + 4 + 2;

    /// <summary>Most bytes of a response to so many frames.</summary>
    public static int MaxResponseBytes(int frames) => 4 + (frames * (OutcomeBytes + MaxReasonBytes));

    public static byte[] Encode(IReadOnlyList<Frame> frames, int from, int count)
    {
        var bytes = 4;
        for (var i = from; i < from + count; i++) bytes += 4 + frames[i].Bytes.Length;
        var body = new byte[bytes];
        BinaryPrimitives.WriteInt32BigEndian(body, count);
        var at = 4;
        for (var i = from; i < from + count; i++)
        {
            var frame = frames[i].Bytes;
            BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(at), frame.Length);
            frame.Span.CopyTo(body.AsSpan(at + 4));
            at += 4 + frame.Length;
        }
        return body;
    }

    /// <summary>The frames as slices of the body; null where it is malformed.</summary>
    public static List<ReadOnlyMemory<byte>>? Decode(ReadOnlyMemory<byte> body)
    {
        if (body.Length < 4) return null;
        var count = BinaryPrimitives.ReadInt32BigEndian(body.Span);
        if (count is < 1 or > MaxFrames) return null;
        var frames = new List<ReadOnlyMemory<byte>>(count);
        var rest = body[4..];
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < 4) return null;
            var length = BinaryPrimitives.ReadInt32BigEndian(rest.Span);
            if (length < 0 || length > rest.Length - 4) return null;
            frames.Add(rest.Slice(4, length));
            rest = rest[(4 + length)..];
        }
        return rest.IsEmpty ? frames : null;
    }

    public static byte[] EncodeOutcomes(IReadOnlyList<SendOutcome> outcomes)
    {
        using var body = new MemoryStream(4 + (outcomes.Count * OutcomeBytes));
        Span<byte> fixedPart = stackalloc byte[OutcomeBytes];
        BinaryPrimitives.WriteInt32BigEndian(fixedPart, outcomes.Count);
        body.Write(fixedPart[..4]);
        foreach (var outcome in outcomes)
        {
            var reason = Encoding.UTF8.GetBytes(outcome.Reason ?? "");
            if (reason.Length > MaxReasonBytes) reason = reason[..MaxReasonBytes];
            outcome.Id.TryWriteBytes(fixedPart, bigEndian: true, out _);
            fixedPart[16] = (byte)outcome.Status;
            var after = Math.Clamp(outcome.RetryAfter?.TotalMilliseconds ?? 0, 0, int.MaxValue);
            BinaryPrimitives.WriteInt32BigEndian(fixedPart[17..], (int)after);
            BinaryPrimitives.WriteUInt16BigEndian(fixedPart[21..], (ushort)reason.Length);
            body.Write(fixedPart);
            body.Write(reason);
        }
        return body.ToArray();
    }

    /// <summary>Null where it is malformed.</summary>
    public static List<SendOutcome>? DecodeOutcomes(ReadOnlySpan<byte> body)
    {
        if (body.Length < 4) return null;
        var count = BinaryPrimitives.ReadInt32BigEndian(body);
        if (count is < 0 or > MaxFrames) return null;
        var outcomes = new List<SendOutcome>(count);
        body = body[4..];
        for (var i = 0; i < count; i++)
        {
            if (body.Length < OutcomeBytes) return null;
            var status = (SendStatus)body[16];
            var after = BinaryPrimitives.ReadInt32BigEndian(body[17..]);
            var reasonBytes = BinaryPrimitives.ReadUInt16BigEndian(body[21..]);
            if (!Enum.IsDefined(status) || after < 0 || body.Length < OutcomeBytes + reasonBytes) return null;
            outcomes.Add(new SendOutcome(
                new Guid(body[..16], bigEndian: true), status,
                reasonBytes == 0 ? null : Encoding.UTF8.GetString(body.Slice(OutcomeBytes, reasonBytes)),
                after == 0 ? null : TimeSpan.FromMilliseconds(after)));
            body = body[(OutcomeBytes + reasonBytes)..];
        }
        return body.IsEmpty ? outcomes : null;
    }
}
