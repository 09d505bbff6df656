using System.Buffers;
using System.Text;

namespace PluginNode.Events;

/// <summary>Writes JSON strings so that the same text always gives the same bytes.</summary>
internal static class JsonText
{
    // RFC 8785, section 3.2.2.2: control characters, quote and backslash; everything else stands for itself.
    private static readonly SearchValues<byte> Canonical = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    // Go's encoding/json escapes three more for HTML, and U+2028 and U+2029, which begin with 0xE2 in UTF-8.
    private static readonly SearchValues<byte> Go = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (byte)c), .. "\"\\<>&"u8, 0xE2]);

    /// <summary>Writes the text as RFC 8785 does, quotes included.</summary>
    /// <param name="utf8">Valid UTF-8.</param>
    /// <param name="output">Receives it.</param>
    public static void WriteCanonical(ReadOnlySpan<byte> utf8, IBufferWriter<byte> output) =>
        Write(utf8, Canonical, output);

    /// <summary>Writes the text as Go does, quotes included.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="output">Receives it.</param>
    public static void WriteAsGo(string text, IBufferWriter<byte> output)
    {
        Span<byte> utf8 = stackalloc byte[3 * Event.MaxNameBytes];
        if (text.Length > Event.MaxNameBytes) throw new ArgumentException("A name is not that long.", nameof(text));
        Write(utf8[..Encoding.UTF8.GetBytes(text, utf8)], Go, output);
    }

    private static void Write(ReadOnlySpan<byte> utf8, SearchValues<byte> special, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (!utf8.IsEmpty)
        {
            var plain = utf8.IndexOfAny(special);
            if (plain < 0) plain = utf8.Length;
            output.Write(utf8[..plain]);
            utf8 = utf8[plain..];
            if (!utf8.IsEmpty) utf8 = utf8[WriteSpecial(utf8, output)..];
        }
        output.Write("\""u8);
    }

    // returns how many bytes of the text it stands for
    private static int WriteSpecial(ReadOnlySpan<byte> utf8, IBufferWriter<byte> output)
    {
        switch (utf8[0])
        {
            case (byte)'"': output.Write("\\\""u8); return 1;
            case (byte)'\\': output.Write("\\\\"u8); return 1;
            case (byte)'\b': output.Write("\\b"u8); return 1;
            case (byte)'\f': output.Write("\\f"u8); return 1;
            case (byte)'\n': output.Write("\\n"u8); return 1;
            case (byte)'\r': output.Write("\\r"u8); return 1;
            case (byte)'\t': output.Write("\\t"u8); return 1;
            case 0xE2 when utf8.StartsWith("\u2028"u8): output.Write("\\u2028"u8); return 3;
            case 0xE2 when utf8.StartsWith("\u2029"u8): output.Write("\\u2029"u8); return 3;
            case 0xE2: output.Write(utf8[..1]); return 1;
            default:
                Span<byte> escaped = [(byte)'\\', (byte)'u', (byte)'0', (byte)'0', 0, 0];
                (escaped[4], escaped[5]) = (Digit(utf8[0] >> 4), Digit(utf8[0] & 15));
                output.Write(escaped);
                return 1;
        }
    }

    private static byte Digit(int value) => "0123456789abcdef"u8[value];
}
