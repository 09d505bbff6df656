using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace PluginNode.Mqtt.Packets;

/// <summary>Packets one after the other in one pooled array, so that they go out with one write. Not for several
/// threads.</summary>
internal sealed class PacketBuffer : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(4096);

    public int Length { get; private set; }

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Forgets what was written, or what was written behind a length of before. An array that one large
    /// packet has needed is given back.</summary>
    public void CutTo(int length)
    {
        Length = length;
        if (length > 0 || _bytes.Length <= 1 << 20) return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = ArrayPool<byte>.Shared.Rent(4096);
    }

    public void Byte(int value)
    {
        Room(1)[0] = (byte)value;
        Length++;
    }

    public void UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Room(2), (ushort)value);
        Length += 2;
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Room(4), value);
        Length += 4;
    }

    public void VariableInteger(uint value) => Length += Write(Room(4), value);

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    /// <exception cref="ArgumentException">More than 65 535 bytes.</exception>
    public void Binary(ReadOnlySpan<byte> bytes)
    {
        UInt16(TwoByteLength(bytes.Length));
        Raw(bytes);
    }

    /// <exception cref="ArgumentException">More than 65 535 bytes.</exception>
    public void Text(string text)
    {
        var length = TwoByteLength(Encoding.UTF8.GetByteCount(text));
        UInt16(length);
        Encoding.UTF8.GetBytes(text, Room(length));
        Length += length;
    }

    /// <summary>Begins a part that its length stands before, as a variable byte integer; give the result to
    /// <see cref="EndPart"/>.</summary>
    public int BeginPart()
    {
        Byte(0);
        return Length;
    }

    /// <summary>Writes the length of the part. It must have as few bytes as possible (5.0 §1.5.5) and is known only
    /// now: where it needs more than one, the part is moved.</summary>
    public void EndPart(int begin)
    {
        var length = Length - begin;
        if (length > PacketFraming.MostRemaining)
            throw new ArgumentException("A packet has at most 256 MiB.", nameof(begin));
        Span<byte> digits = stackalloc byte[4];
        var count = Write(digits, (uint)length);
        if (count > 1)
        {
            Room(count - 1);
            _bytes.AsSpan(begin, length).CopyTo(_bytes.AsSpan(begin + count - 1));
            Length += count - 1;
        }
        digits[..count].CopyTo(_bytes.AsSpan(begin - 1));
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    private static int Write(Span<byte> to, uint value)
    {
        var count = 0;
        do
        {
            var digit = value & 0x7f;
            value >>= 7;
            to[count++] = (byte)(value > 0 ? digit | 0x80 : digit);
        }
        while (value > 0);
        return count;
    }

    private static int TwoByteLength(int length) => length <= ushort.MaxValue ? length
        : throw new ArgumentException($"A text or binary data of {length} bytes; the most is 65 535.", nameof(length));

    private Span<byte> Room(int more)
    {
        if (_bytes.Length - Length < more)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, checked(Length + more)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
        return _bytes.AsSpan(Length);
    }
}
