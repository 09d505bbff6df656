using System.Text;

namespace PluginNode.Fuzz.Worlds;

/// <summary>Headers as lines of <c>Name: value</c> up to an empty line, and what stands behind it.</summary>
internal static class HeaderText
{
    public static byte[] Write(IEnumerable<(string Name, string Value)> headers, ReadOnlySpan<byte> body = default) =>
        [.. Encoding.Latin1.GetBytes(string.Concat(headers.Select(h => $"{h.Name}: {h.Value}\n")) + "\n"), .. body];

    public static (List<(string Name, string Value)> Headers, byte[] Body) Read(byte[] input)
    {
        var end = input.AsSpan().IndexOf("\n\n"u8);
        var lines = Encoding.Latin1.GetString(input, 0, end < 0 ? input.Length : end + 1).Split('\n');
        var headers = lines.Select(l => l.Split(':', 2)).Where(p => p.Length == 2 && p[0].Length > 0)
            .Select(p => (p[0], p[1].Trim(' '))).ToList();
        return (headers, end < 0 ? [] : input[(end + 2)..]);
    }
}
