using System.Globalization;

namespace PluginNode.Peering;

/// <summary>Durations as settings write them: a whole number and <c>ms</c>, <c>s</c> or <c>m</c>.</summary>
internal static class Durations
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (text is null) return false;
        var digits = text.AsSpan().TrimEnd("ms");
        var unit = text[digits.Length..] switch { "ms" => 1, "s" => 1000, "m" => 60_000, _ => 0 };
        if (unit == 0 || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        duration = TimeSpan.FromMilliseconds((long)count * unit);
        return true;
    }
}
