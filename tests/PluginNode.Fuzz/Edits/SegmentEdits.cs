using System.Buffers.Binary;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using PluginNode.FileStore;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits of a segment of the file store: whole frames, fields under a checksum that holds again, and sectors
/// that a crash lost.</summary>
internal static class SegmentEdits
{
    private const int SectorBytes = 512;

    private static readonly (int Offset, int Bytes)[] Fields =
        [(4, 1), (5, 1), (6, 1), (7, 1), (8, 8), (16, 8), (32, 8), (40, 8), (48, 4), (52, 4)];

    private static readonly long[] Values =
        [0, 1, 2, 3, 4, 8, -1, 255, 65_536, 65_537, 20 << 20, (20 << 20) + 1, int.MaxValue, long.MaxValue,
         long.MinValue];

    public static readonly Edit ChangeField = (input, _) => OfFrame(input, (frames, at) =>
        from field in Gen.Elements(Fields)
        from value in Gen.OneOf(Gen.Elements(Values), Gen.Choose(0, 40).Select(v => (long)v))
        select Write(frames, at, Checked(WithField(frames[at], field, value))));

    public static readonly Edit DuplicateFrame = (input, other) => OfFrame(input, (frames, at) =>
        from theirs in Gen.Elements(Frames(other).Concat(frames).ToArray())
        select Write([.. frames[..at], theirs, .. frames[at..]]));

    public static readonly Edit DropFrame = (input, _) => OfFrame(input, (frames, at) =>
        Gen.Constant(Write([.. frames[..at], .. frames[(at + 1)..]])));

    /// <summary>The file ends with, or in, a frame.</summary>
    public static readonly Edit CutAtFrame = (input, _) => OfFrame(input, (frames, at) =>
        from rest in Gen.OneOf(Gen.Constant(0), Gen.Choose(0, frames[at].Length))
        select Write([.. frames[..at], frames[at][..rest]]));

    public static readonly Edit LoseSector = (input, _) => input.Length == 0 ? Gen.Constant(input) :
        from sector in Gen.Choose(0, (input.Length - 1) / SectorBytes)
        let start = sector * SectorBytes
        let end = Math.Min(input.Length, start + SectorBytes)
        select ByteEdits.Replace(input, start, end, new byte[end - start]);

    /// <summary>Prepared space behind the last frame.</summary>
    public static readonly Edit Prepare = (input, _) =>
        from zeros in Gen.Choose(1, 3000)
        select (byte[])[.. input, .. new byte[zeros]];

    public static readonly IReadOnlyList<(int Weight, Edit Edit)> All =
        [(6, ChangeField), (3, DuplicateFrame), (2, DropFrame), (3, CutAtFrame), (3, LoseSector), (2, Prepare)];

    /// <summary>The input in pieces that begin with a frame's magic; the first may begin without.</summary>
    private static List<byte[]> Frames(byte[] input)
    {
        var frames = new List<byte[]>();
        while (input.Length > 0)
        {
            var next = input.AsSpan(1).IndexOf(FrameFormat.Magic) + 1;
            if (next == 0) next = input.Length;
            frames.Add(input[..next]);
            input = input[next..];
        }
        return frames;
    }

    private static Gen<byte[]> OfFrame(byte[] input, Func<List<byte[]>, int, Gen<byte[]>> edit) =>
        Frames(input) is { Count: > 0 } frames
            ? Gen.Choose(0, frames.Count - 1).SelectMany(at => edit(frames, at))
            : Gen.Constant(input);

    private static byte[] Write(IEnumerable<byte[]> frames) => [.. frames.SelectMany(f => f)];

    private static byte[] Write(List<byte[]> frames, int at, byte[] changed) =>
        Write([.. frames[..at], changed, .. frames[(at + 1)..]]);

    private static byte[] WithField(byte[] frame, (int Offset, int Bytes) field, long value)
    {
        byte[] changed = [.. frame];
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        if (changed.Length >= field.Offset + field.Bytes) bytes[..field.Bytes].CopyTo(changed.AsSpan(field.Offset));
        return changed;
    }

    private static byte[] Checked(byte[] frame)
    {
        if (!FrameFormat.TryRead(frame, out var head)
            || frame.Length < FrameFormat.FixedBytes + head.HeaderBytes) return frame;
        var crc = Crc(Crc(~0u, frame.AsSpan(0, 56)), frame.AsSpan(FrameFormat.FixedBytes, head.HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(56), crc);
        return frame;
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
