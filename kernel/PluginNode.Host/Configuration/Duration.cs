using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;

namespace PluginNode.Configuration;

/// <summary>
/// A span of time as configuration, control API and command line write it: <c>250ms</c>, <c>10s</c>, <c>15m</c>,
/// <c>12h</c>, <c>7d</c>, or ISO 8601 without years and months (<c>PT10S</c>). From 0 to 36 500 days.
/// </summary>
[JsonConverter(typeof(DurationConverter))]
public readonly record struct Duration(TimeSpan Value)
{
    internal const string Form = "a duration such as 10s, 15m, 12h, 7d or PT10S is needed";

    private static readonly TimeSpan Most = TimeSpan.FromDays(36_500);

    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads the text form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Duration duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text) || text.Length > 40) return false;
        var value = text[0] == 'P' ? FromIso(text) : FromUnit(text);
        if (value is null || value < TimeSpan.Zero || value > Most) return false;
        duration = new Duration(value.Value);
        return true;
    }

    /// <summary>The shortest form that says the same.</summary>
    public override string ToString()
    {
        foreach (var (suffix, unit) in Units.Reverse())
            if (Value.Ticks != 0 && Value.Ticks % unit.Ticks == 0)
                return (Value.Ticks / unit.Ticks).ToString(CultureInfo.InvariantCulture) + suffix;
        return Value == TimeSpan.Zero ? "0s" : XmlConvert.ToString(Value);
    }

    private static TimeSpan? FromUnit(string text)
    {
        var digits = text.TrimEnd('m', 's', 'h', 'd');
        var suffix = text[digits.Length..];
        var unit = Array.Find(Units, u => u.Suffix == suffix).Unit;
        const NumberStyles style = NumberStyles.AllowDecimalPoint;
        if (unit == default || !double.TryParse(digits, style, CultureInfo.InvariantCulture, out var number)) return null;
        // What reads as infinite or as no number is not refused by the style.
        return number >= 0 && number * unit.TotalSeconds <= Most.TotalSeconds ? number * unit : null;
    }

    private static TimeSpan? FromIso(string text)
    {
        // A month has no length; XmlConvert would guess 30 days.
        var date = text.Split('T')[0];
        if (date.Contains('Y', StringComparison.Ordinal) || date.Contains('M', StringComparison.Ordinal)) return null;
        try
        {
            return XmlConvert.ToTimeSpan(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return null;
        }
    }

    internal sealed class DurationConverter : JsonConverter<Duration>
    {
        public override Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var duration)
                ? duration : throw new JsonException(Form);

        public override void Write(Utf8JsonWriter writer, Duration value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
