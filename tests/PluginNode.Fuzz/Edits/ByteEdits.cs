using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits that know nothing of a format.</summary>
internal static class ByteEdits
{
    private static readonly int[] Lengths =
        [0, 1, -1, 3, 4, 31, 32, 64, 127, 128, 255, 256, 4095, 4096, 4097, 65535, 65536, int.MaxValue, int.MinValue];

    public static readonly Edit FlipBit = (input, _) => input.Length == 0 ? Gen.Constant(input) :
        from at in Gen.Choose(0, input.Length - 1)
        from bit in Gen.Choose(0, 7)
        select With(input, at, (byte)(input[at] ^ (1 << bit)));

    public static readonly Edit SetByte = (input, _) => input.Length == 0 ? Gen.Constant(input) :
        from at in Gen.Choose(0, input.Length - 1)
        from value in Gen.OneOf(Gen.Elements<byte>(0, 1, 0x7f, 0x80, 0xff), Gen.Choose(0, 255).Select(v => (byte)v))
        select With(input, at, value);

    public static readonly Edit Truncate = (input, _) =>
        from length in Gen.Choose(0, input.Length)
        select input[..length];

    public static readonly Edit Cut = (input, _) =>
        from place in Range(input, 64)
        select Replace(input, place.From, place.To, []);

    public static readonly Edit Repeat = (input, _) =>
        from place in Range(input, 64)
        from times in Gen.Frequency((8, Gen.Choose(1, 3)), (1, Gen.Choose(4, 400)))
        select Replace(input, place.To, place.To, Repeated(input[place.From..place.To], times));

    public static readonly Edit Insert = (input, _) =>
        from at in Gen.Choose(0, input.Length)
        from bytes in Gen.Choose(0, 255).Select(v => (byte)v).ArrayOf().Resize(12)
        select Replace(input, at, at, bytes);

    /// <summary>A piece of another input, in the place of a piece of this one.</summary>
    public static readonly Edit Splice = (input, other) =>
        from place in Range(input, 256)
        from piece in Range(other, 256)
        select Replace(input, place.From, place.To, other.AsSpan()[piece.From..piece.To]);

    /// <summary>A 32-bit number that may be a length becomes another: one that is usual, or a little more or
    /// less.</summary>
    public static readonly Edit Length = (input, _) => input.Length < 4 ? Gen.Constant(input) :
        from at in Gen.Choose(0, input.Length - 4)
        from big in Gen.Elements(true, false)
        from value in Gen.OneOf(
            Gen.Elements(Lengths),
            Gen.Constant(input.Length - at - 4),
            Gen.Choose(-9, 9).Select(more => unchecked((big ? ReadBig(input, at) : ReadLittle(input, at)) + more)))
        select With(input, at, value, big);

    /// <summary>All of them, to be mixed with those of a format.</summary>
    public static readonly IReadOnlyList<(int Weight, Edit Edit)> All =
        [(4, FlipBit), (3, SetByte), (1, Truncate), (2, Cut), (2, Repeat), (2, Insert), (2, Splice), (2, Length)];

    /// <summary>Edits what stands behind so many bytes.</summary>
    public static Edit Behind(int bytes, Edit edit) => (input, other) => input.Length < bytes
        ? Gen.Constant(input)
        : edit(input[bytes..], other[Math.Min(bytes, other.Length)..])
            .Select(rest => (byte[])[.. input.AsSpan(0, bytes), .. rest]);

    public static byte[] Replace(byte[] input, int from, int to, ReadOnlySpan<byte> with) =>
        [.. input.AsSpan(0, from), .. with, .. input.AsSpan(to)];

    private static Gen<(int From, int To)> Range(byte[] input, int most) =>
        from at in Gen.Choose(0, input.Length)
        from length in Gen.Choose(0, Math.Min(most, input.Length - at))
        select (at, at + length);

    public static byte[] Repeated(byte[] piece, int times)
    {
        var all = new byte[piece.Length * times];
        for (var i = 0; i < times; i++) piece.CopyTo(all, i * piece.Length);
        return all;
    }

    private static byte[] With(byte[] input, int at, byte value)
    {
        byte[] changed = [.. input];
        changed[at] = value;
        return changed;
    }

    private static byte[] With(byte[] input, int at, int value, bool big)
    {
        byte[] changed = [.. input];
        if (big) BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(at), value);
        else BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }

    private static int ReadBig(byte[] input, int at) => BinaryPrimitives.ReadInt32BigEndian(input.AsSpan(at));

    private static int ReadLittle(byte[] input, int at) => BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(at));
}
