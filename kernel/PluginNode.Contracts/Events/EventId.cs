using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace PluginNode.Events;

/// <summary>
/// What an event is called: the first 16 bytes of the SHA-256 of its timestamp, service and content, written as 32
/// hexadecimal digits in lower case. Ordered as its text is.
/// </summary>
/// <param name="Value">The 16 bytes, read as a big-endian number.</param>
public readonly record struct EventId(UInt128 Value) : IComparable<EventId>
{
    /// <summary>Bytes of an id.</summary>
    public const int Bytes = 16;

    /// <summary>Characters of its text.</summary>
    public const int TextLength = 32;

    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>The id that begins a hash.</summary>
    /// <param name="hash">At least 16 bytes; what follows is not looked at.</param>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public static EventId FromHash(ReadOnlySpan<byte> hash) => hash.Length >= Bytes
        ? new EventId(BinaryPrimitives.ReadUInt128BigEndian(hash))
        : throw new ArgumentException($"An id has {Bytes} bytes, not {hash.Length}.", nameof(hash));

    /// <summary>Reads the text. False for anything but 32 hexadecimal digits in lower case: another spelling would be
    /// another id to peers that compare text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out EventId id)
    {
        id = default;
        if (utf8.Length != TextLength || utf8.ContainsAnyExcept(Digits)) return false;
        id = new EventId(UInt128.Parse(utf8, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out EventId)"/>
    public static bool TryParse([NotNullWhen(true)] string? text, out EventId id)
    {
        id = default;
        if (text?.Length != TextLength) return false;
        Span<byte> utf8 = stackalloc byte[TextLength];
        return Ascii.FromUtf16(text, utf8, out _) == OperationStatus.Done
            && TryParse(utf8, out id);
    }

    /// <summary>Writes the text.</summary>
    /// <param name="utf8">Room for 32 bytes.</param>
    /// <exception cref="ArgumentException">There is less.</exception>
    public void WriteTo(Span<byte> utf8)
    {
        if (!Value.TryFormat(utf8, out _, "x32", CultureInfo.InvariantCulture))
            throw new ArgumentException($"The text of an id needs {TextLength} bytes.", nameof(utf8));
    }

    /// <inheritdoc/>
    public int CompareTo(EventId other) => Value.CompareTo(other.Value);

    /// <summary>Whether it stands before the other.</summary>
    public static bool operator <(EventId left, EventId right) => left.Value < right.Value;

    /// <summary>Whether it stands after the other.</summary>
    public static bool operator >(EventId left, EventId right) => left.Value > right.Value;

    /// <summary>Whether it does not stand after the other.</summary>
    public static bool operator <=(EventId left, EventId right) => left.Value <= right.Value;

    /// <summary>Whether it does not stand before the other.</summary>
    public static bool operator >=(EventId left, EventId right) => left.Value >= right.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
