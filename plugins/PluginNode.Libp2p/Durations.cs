using System.Globalization;

namespace PluginNode.Libp2p;

/// <summary>Durations as settings write them: a whole number and <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>.</summary>
internal static class Durations
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null) return false;
        var digits = text.AsSpan().TrimEnd("msh");
        var unit = text[digits.Length..] switch { "ms" => 1, "s" => 1000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
        if (unit == 0 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        duration = TimeSpan.FromMilliseconds((long)count * unit);
        return true;
    }
}
