using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Configuration;

/// <summary>An amount of bytes as configuration writes it: <c>4GiB</c>, <c>64MiB</c>, <c>16KiB</c>, or a plain number
/// of bytes. Never negative.</summary>
[JsonConverter(typeof(ByteSizeConverter))]
public readonly record struct ByteSize(long Bytes)
{
    internal const string Form = "a size such as 4GiB, 64MiB, 16KiB or a number of bytes is needed";

    private static readonly (string Suffix, int Shift)[] Units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];

    /// <summary>Reads the text form; false for anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ByteSize size)
    {
        size = default;
        if (text is null) return false;
        var (suffix, shift) = Array.Find(Units, u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        var digits = text.AsSpan(0, text.Length - (suffix?.Length ?? 0));
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        if (number > long.MaxValue >> shift) return false;
        size = new ByteSize(number << shift);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        foreach (var (suffix, shift) in Units)
            if (Bytes >= 1L << shift && Bytes % (1L << shift) == 0)
                return (Bytes >> shift).ToString(CultureInfo.InvariantCulture) + suffix;
        return "0B";
    }

    internal sealed class ByteSizeConverter : JsonConverter<ByteSize>
    {
        public override ByteSize Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType switch
            {
                JsonTokenType.Number when reader.TryGetInt64(out var bytes) && bytes >= 0 => new ByteSize(bytes),
                JsonTokenType.String when TryParse(reader.GetString(), out var size) => size,
                _ => throw new JsonException(Form),
            };

        public override void Write(Utf8JsonWriter writer, ByteSize value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
