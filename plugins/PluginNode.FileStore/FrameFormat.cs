using System.Buffers.Binary;
using System.Numerics;
using PluginNode.Storage;

namespace PluginNode.FileStore;

/// <summary>What a frame's fixed part says.</summary>
internal readonly record struct FrameHead(
    FrameKind Kind, bool LastOfBatch, long Group, RecordKey Key, KeyId KeyId, int HeaderBytes, int BodyBytes)
{
    public int Bytes => FrameFormat.FixedBytes + HeaderBytes + BodyBytes + FrameFormat.TrailerBytes;
}

internal enum FrameKind : byte
{
    Append = 1,
    Removals = 2,

    /// <summary>Stands where damage was, of any length: what came before it has been judged, and is kept.</summary>
    Void = 3,
}

/// <summary>
/// One frame of a segment, little-endian. It names everything itself: a segment has no header that damage could take.
/// <code>
///  0 magic "PNR1"   4 kind   5 flags (1: last of its batch)   6 collection   7 zero   8 group (8)
/// 16 record id (16)   32 sequence (8)   40 key id (8)   48 header bytes (4)   52 body bytes (4)
/// 56 CRC-32C of 0..56 and of the header   60 header   … body   … CRC-32C of the body (4)   end mark "DNEP" (4)
/// </code>
/// In a frame of removals the header is the list of removed sequences, 8 bytes each, and there is no body. A void frame
/// stands where damage was: its body means nothing, and is no zeros, which would look like a write that was torn.
/// </summary>
internal static class FrameFormat
{
    public const int FixedBytes = 60;
    public const int TrailerBytes = 8;
    public const int RemovalsInFrame = RecordLimits.HeaderBytes / 8;

    /// <summary>"DNEP": no byte is zero, so that a frame that was written whole never ends in prepared space.</summary>
    public const uint EndMark = 0x50454E44;

    public static ReadOnlySpan<byte> Magic => "PNR1"u8;

    public static ReadOnlySpan<byte> End => "DNEP"u8;

    public static int BytesOf(in Record record) =>
        FixedBytes + record.Header.Length + record.Body.Length + TrailerBytes;

    public static int Write(Span<byte> to, in Record record, long group, bool last)
    {
        var head = new FrameHead(
            FrameKind.Append, last, group, record.Key, record.KeyId, record.Header.Length, record.Body.Length);
        record.Header.Span.CopyTo(to[FixedBytes..]);
        record.Body.Span.CopyTo(to[(FixedBytes + head.HeaderBytes)..]);
        return Close(to, head);
    }

    public static int Write(Span<byte> to, ReadOnlySpan<long> removals, long group, bool last)
    {
        var head = new FrameHead(
            FrameKind.Removals, last, group, new RecordKey(0, Guid.Empty, 0), default, removals.Length * 8, 0);
        for (var i = 0; i < removals.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(to[(FixedBytes + (8 * i))..], removals[i]);
        return Close(to, head);
    }

    /// <summary>Makes the body of a frame that was just written be found damaged.</summary>
    public static void SpoilBody(Span<byte> frame) => frame[^TrailerBytes] ^= 0xff;

    /// <summary>Fills a place with frames that hold nothing; what is too short for one becomes zeros.</summary>
    public static void WriteVoid(Span<byte> to)
    {
        to.Fill((byte)'V');
        while (to.Length >= FixedBytes + TrailerBytes)
        {
            var body = to.Length - FixedBytes - TrailerBytes;
            // A rest that is shorter than a frame would be left over: it belongs to this one, or to the next.
            if (body > RecordLimits.BodyBytes) body = RecordLimits.BodyBytes / 2;
            var head = new FrameHead(FrameKind.Void, true, 0, new RecordKey(0, Guid.Empty, 0), default, 0, body);
            to = to[Close(to, head)..];
        }
        to.Clear();
    }

    /// <summary>Reads the fixed part. False where it is no frame or its lengths are out of bounds; its checksum is not
    /// looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out FrameHead head)
    {
        head = default;
        if (from.Length < FixedBytes || !from.StartsWith(Magic)) return false;
        var kind = (FrameKind)from[4];
        var (headerBytes, bodyBytes) = (Int(from[48..]), Int(from[52..]));
        if (kind is not (FrameKind.Append or FrameKind.Removals or FrameKind.Void)
            || headerBytes is < 0 or > RecordLimits.HeaderBytes || bodyBytes is < 0 or > RecordLimits.BodyBytes) return false;
        head = new FrameHead(
            kind, (from[5] & 1) != 0, Long(from[8..]),
            new RecordKey(from[6], new Guid(from.Slice(16, 16), bigEndian: true), Long(from[32..])),
            new KeyId((ulong)Long(from[40..])), headerBytes, bodyBytes);
        return true;
    }

    /// <summary>Whether the fixed part and the header are as they were written.</summary>
    public static bool HeaderHolds(ReadOnlySpan<byte> fixedAndHeader) =>
        (uint)Int(fixedAndHeader[56..]) == Checksum(Checksum(~0u, fixedAndHeader[..56]), fixedAndHeader[FixedBytes..]);

    /// <summary>Whether the body is as it was written.</summary>
    public static bool BodyHolds(ReadOnlySpan<byte> body, ReadOnlySpan<byte> trailer) =>
        (uint)Int(trailer) == Checksum(~0u, body);

    private static int Close(Span<byte> to, in FrameHead head)
    {
        Magic.CopyTo(to);
        to[4] = (byte)head.Kind;
        to[5] = head.LastOfBatch ? (byte)1 : (byte)0;
        to[6] = head.Key.Collection;
        to[7] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], head.Group);
        head.Key.Id.TryWriteBytes(to[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(to[32..], head.Key.Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(to[40..], head.KeyId.Value);
        BinaryPrimitives.WriteInt32LittleEndian(to[48..], head.HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(to[52..], head.BodyBytes);
        var header = to.Slice(FixedBytes, head.HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(to[56..], Checksum(Checksum(~0u, to[..56]), header));
        var trailer = to[(FixedBytes + head.HeaderBytes + head.BodyBytes)..];
        var body = to.Slice(FixedBytes + head.HeaderBytes, head.BodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, Checksum(~0u, body));
        End.CopyTo(trailer[4..]);
        return head.Bytes;
    }

    // CRC-32C (Castagnoli, RFC 3720), eight bytes an instruction; the final inversion changes nothing for a comparison.
    private static uint Checksum(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }

    private static int Int(ReadOnlySpan<byte> from) => BinaryPrimitives.ReadInt32LittleEndian(from);

    private static long Long(ReadOnlySpan<byte> from) => BinaryPrimitives.ReadInt64LittleEndian(from);
}
