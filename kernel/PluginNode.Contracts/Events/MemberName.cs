using System.Text;
using System.Text.Json;

namespace PluginNode.Events;

/// <summary>
/// Compares JSON member names as Go's encoding/json does, which wrote the events of the nara network: upper and lower
/// case are the same, and so are U+017F (long s) and <c>s</c>, U+212A (Kelvin) and <c>k</c>. A reader that saw other
/// members than Go does would take another content to be signed.
/// </summary>
public static class MemberName
{
    private const int MostBytes = 64;

    /// <summary>Whether the property that <paramref name="reader"/> stands on has that name.</summary>
    /// <param name="reader">On a property name, over one contiguous buffer.</param>
    /// <param name="name">ASCII, at most 64 bytes.</param>
    public static bool Is(in Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        if (!reader.ValueIsEscaped) return Same(reader.ValueSpan, name);
        // One character is at most six bytes when it is escaped.
        if (name.Length > MostBytes || reader.ValueSpan.Length > 6 * name.Length) return false;
        if (HasSurrogate(reader.ValueSpan)) return false;
        Span<byte> unescaped = stackalloc byte[6 * MostBytes];
        return Same(unescaped[..reader.CopyString(unescaped)], name);
    }

    /// <summary>Whether two names are the same.</summary>
    /// <param name="utf8">As it was received.</param>
    /// <param name="name">ASCII.</param>
    public static bool Same(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> name)
    {
        if (utf8.Length == name.Length) return Ascii.EqualsIgnoreCase(utf8, name);
        foreach (var c in name)
        {
            if (utf8.IsEmpty) return false;
            var length = LengthOf(utf8, c);
            if (length == 0) return false;
            utf8 = utf8[length..];
        }
        return utf8.IsEmpty;
    }

    // In no name that anybody knows. Half a pair would be an exception for each name that it is compared with, and a
    // neighbour may send thousands of them.
    private static bool HasSurrogate(ReadOnlySpan<byte> escaped)
    {
        while (escaped.IndexOf((byte)'\\') is >= 0 and var at && at + 3 < escaped.Length)
        {
            if (escaped[at + 1] == 'u' && (escaped[at + 2] | 0x20) == 'd' && escaped[at + 3] >= '8') return true;
            escaped = escaped[(at + 2)..];
        }
        return false;
    }

    // bytes at the start that stand for the character; 0: another character stands there
    private static int LengthOf(ReadOnlySpan<byte> utf8, byte character)
    {
        var lower = (byte)(character | 0x20);
        if (lower == 's' && utf8.StartsWith("\u017F"u8)) return 2;
        if (lower == 'k' && utf8.StartsWith("\u212A"u8)) return 3;
        return Ascii.EqualsIgnoreCase(utf8[..1], [character]) ? 1 : 0;
    }
}
