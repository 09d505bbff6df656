using System.Buffers;
using System.Text;

namespace PluginNode.Mqtt.Wire;

/// <summary>Writes JSON strings as Go's encoding/json does, which the nara network's programs are made with.</summary>
internal static class GoText
{
    // Besides what JSON asks for, Go escapes three for HTML, and U+2028 and U+2029.
    private static readonly SearchValues<char> Special = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c), '"', '\\', '<', '>', '&', '\u2028', '\u2029']);

    /// <summary>Writes a text with its quotes. Half a surrogate pair becomes U+FFFD.</summary>
    public static void Write(string text, IBufferWriter<byte> json)
    {
        json.Write("\""u8);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var plain = rest.IndexOfAny(Special);
            if (plain < 0) plain = rest.Length;
            Encoding.UTF8.GetBytes(rest[..plain], json);
            rest = rest[plain..];
            if (rest.IsEmpty) break;
            Encoding.UTF8.GetBytes(Escape(rest[0]), json);
            rest = rest[1..];
        }
        json.Write("\""u8);
    }

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => $"\\u{(int)c:x4}",
    };
}
