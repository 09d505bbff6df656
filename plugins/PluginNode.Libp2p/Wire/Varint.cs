namespace PluginNode.Libp2p.Wire;

/// <summary>Unsigned varints (multiformats/unsigned-varint): seven bits a byte, the least significant first.</summary>
internal static class Varint
{
    /// <summary>Bytes of the longest one that is read: 63 bits.</summary>
    public const int MostBytes = 9;

    public static int LengthOf(ulong value)
    {
        var length = 1;
        for (; value >= 0x80; value >>= 7) length++;
        return length;
    }

    /// <summary>Writes it and tells how many bytes it took.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7) destination[at++] = (byte)(value | 0x80);
        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>False when the bytes end before the number does.</summary>
    /// <exception cref="Libp2pException">It is longer than nine bytes.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < bytes.Length;)
        {
            if (length == MostBytes) throw Libp2pException.Malformed("A varint is longer than nine bytes.");
            var b = bytes[length];
            value |= (ulong)(b & 0x7f) << (7 * length++);
            if (b < 0x80) return true;
        }
        if (length >= MostBytes) throw Libp2pException.Malformed("A varint is longer than nine bytes.");
        return false;
    }
}
