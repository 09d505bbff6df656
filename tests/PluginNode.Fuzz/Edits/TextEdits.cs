using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PluginNode.Fuzz.Machine;

namespace PluginNode.Fuzz.Edits;

/// <summary>Edits of texts: words that decoders stumble over, and lines.</summary>
internal static class TextEdits
{
    /// <summary>Numbers, signs, ends and encodings at their borders.</summary>
    public static readonly string[] Words =
    [
        "0", "-0", "-1", "1e9", "1E999", "0.1", "9223372036854775807", "9223372036854775808",
        "99999999999999999999999", "+1",
        "NaN", "Infinity", "-Infinity", "∞", "-∞", "ms", "s", "m", "h", "d", "w", "KiB", "GiB", "TiB", "B", "PT1S",
        "P1D",
        "P1M", "P1Y", "-PT1S", "P", "PT", "T", "null", "true", "false", "\0", "\t", "\r\n", "\n", " ", "\u00a0",
        "\u2028", "é",
        "\ud83d\ude00", "\ufeff", "/", "+", "#", "..", "://", "[::1]", "[fe80::1%25lo]", "*", "localhost", "http://",
        "@",
        "?", ":0", ":65536", ":-1", "%00", "%2f", "__", "PLUGINNODE_", "=", "==", "A", "1", "l", "00000000",
    ];

    public static readonly Edit InsertWord = (input, _) =>
        from at in Gen.Choose(0, input.Length)
        from word in Gen.Elements(Words)
        select ByteEdits.Replace(input, at, at, Encoding.UTF8.GetBytes(word));

    /// <summary>A word in the place of what stands between two signs.</summary>
    public static readonly Edit ReplaceWord = (input, _) => input.Length == 0 ? Gen.Constant(input) :
        from at in Gen.Choose(0, input.Length - 1)
        let place = WordAt(input, at)
        from word in Gen.Elements(Words)
        select ByteEdits.Replace(input, place.From, place.To, Encoding.UTF8.GetBytes(word));

    public static readonly Edit ChangeCase = (input, _) => input.Length == 0 ? Gen.Constant(input) :
        from at in Gen.Choose(0, input.Length - 1)
        select char.IsAsciiLetter((char)input[at])
            ? ByteEdits.Replace(input, at, at + 1, [(byte)(input[at] ^ 0x20)]) : input;

    public static readonly Edit DuplicateLine = (input, other) => OfLines(input, other, (lines, theirs) =>
        from line in Gen.Elements(lines.Concat(theirs).ToArray())
        from at in Gen.Choose(0, lines.Count)
        select (IEnumerable<string>)[.. lines[..at], line, .. lines[at..]]);

    public static readonly Edit DropLine = (input, other) => OfLines(input, other, (lines, _) =>
        from at in Gen.Choose(0, lines.Count - 1)
        select (IEnumerable<string>)[.. lines[..at], .. lines[(at + 1)..]]);

    public static readonly IReadOnlyList<(int Weight, Edit Edit)> All =
        [(4, InsertWord), (4, ReplaceWord), (1, ChangeCase), (2, DuplicateLine), (1, DropLine)];

    private static (int From, int To) WordAt(byte[] input, int at)
    {
        var (from, to) = (at, at);
        while (from > 0 && IsOfWord(input[from - 1])) from--;
        while (to < input.Length && IsOfWord(input[to])) to++;
        return (from, to);
    }

    private static bool IsOfWord(byte b) =>
        char.IsAsciiLetterOrDigit((char)b) || b is (byte)'.' or (byte)'-' or >= 0x80;

    // As Latin-1 every input is a text, and the same bytes come back.
    private static Gen<byte[]> OfLines(
        byte[] input, byte[] other, Func<List<string>, List<string>, Gen<IEnumerable<string>>> edit) =>
        edit([.. Encoding.Latin1.GetString(input).Split('\n')], [.. Encoding.Latin1.GetString(other).Split('\n')])
            .Select(lines => Encoding.Latin1.GetBytes(string.Join('\n', lines)));
}
