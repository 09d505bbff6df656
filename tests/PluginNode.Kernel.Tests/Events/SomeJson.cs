using System.Globalization;
using System.Text;

namespace PluginNode.Kernel.Tests.Events;

/// <summary>Well-formed JSON that a number decides: the same number gives the same text.</summary>
internal sealed class SomeJson(int seed)
{
    private static readonly string[] Spaces = ["", "", "", " ", "\n", "\t \r\n"];
    private static readonly string[] Characters =
        ["a", "B", ":", "/", "<", "&", "é", "ñ", "\u2028", "星", "😈", "\uFB33", "\u0080", "\u007F", "'", "\uFFFD"];
    private static readonly string[] Escapes =
        ["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u001F", "\\u00e9", "\\uD83d\\udE08"];
    private static readonly string[] Numbers =
        ["0", "-0", "1", "-1.50", "1E30", "1e-7", "9007199254740991", "5e-324", "0.000001",
         "333333333.33333329", "1e21"];

    private readonly Random _chance = new(seed);

    public string Value(int depth = 0) => _chance.Next(depth > 4 ? 4 : 6) switch
    {
        0 => _chance.Next(3) switch { 0 => "true", 1 => "false", _ => "null" },
        1 => Number(),
        2 or 3 => Text(),
        4 => "[" + string.Join(",", Items(() => Spaced(Value(depth + 1)))) + "]",
        _ => Object(depth),
    };

    /// <summary>An object whose member names all differ.</summary>
    public string Object(int depth = 0)
    {
        var at = 0;
        return "{" + string.Join(",", Items(
            () => Spaced($"\"{at++}{Several()}\"") + ":" + Spaced(Value(depth + 1)))) + "}";
    }

    public string Text() => $"\"{string.Concat(Items(() => _chance.Next(3) == 0 ? Of(Escapes) : Of(Characters)))}\"";

    /// <summary>Text as a program has it, of at most that many characters.</summary>
    public string Name(int most)
    {
        var name = new StringBuilder();
        for (var i = _chance.Next(most); i > 0; i--)
        {
            var next = Of(Characters);
            if (name.Length + next.Length <= most) name.Append(next);
        }
        return name.ToString();
    }

    private string Several() => string.Concat(Items(() => Of(Characters)));

    private string Number()
    {
        if (_chance.Next(2) == 0) return Of(Numbers);
        var value = BitConverter.Int64BitsToDouble(_chance.NextInt64(long.MinValue, long.MaxValue));
        return double.IsFinite(value) ? value.ToString("E16", CultureInfo.InvariantCulture) : "0";
    }

    private List<string> Items(Func<string> item) => [.. Enumerable.Range(0, _chance.Next(5)).Select(_ => item())];

    private string Spaced(string text) => Of(Spaces) + text + Of(Spaces);

    private string Of(string[] choices) => choices[_chance.Next(choices.Length)];
}
