using System.Buffers.Binary;

namespace PluginNode.Fuzz.Machine;

/// <summary>Several byte strings in one input: before each its length, 32 bits, big endian. Every input is a list of
/// parts: a length that points too far ends with the input.</summary>
internal static class Parts
{
    public static byte[] Join(IEnumerable<byte[]> parts)
    {
        using var joined = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            joined.Write(length);
            joined.Write(part);
        }
        return joined.ToArray();
    }

    public static List<byte[]> Split(ReadOnlySpan<byte> input)
    {
        var parts = new List<byte[]>();
        while (input.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(input);
            input = input[4..];
            var part = input[..(int)Math.Min(length, input.Length)];
            parts.Add(part.ToArray());
            input = input[part.Length..];
        }
        return parts;
    }
}
