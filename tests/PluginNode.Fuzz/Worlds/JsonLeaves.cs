using System.Globalization;
using System.Text.Json;
using PluginNode.Configuration;

namespace PluginNode.Fuzz.Worlds;

/// <summary>What a JSON document says, value by value, to see whether a decoder has taken all of it.</summary>
internal static class JsonLeaves
{
    /// <summary>Each value that is no object or list, and each empty one, with the names and places that lead to
    /// it.</summary>
    public static IEnumerable<(string Path, JsonElement Value)> Of(JsonElement value, string path = "")
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                    foreach (var leaf in Of(member.Value, $"{path}/{member.Name}")) yield return leaf;
                break;
            case JsonValueKind.Array:
                foreach (var (index, element) in value.EnumerateArray().Index())
                    foreach (var leaf in Of(element, $"{path}/{index}")) yield return leaf;
                break;
            default:
                yield return (path, value);
                break;
        }
    }

    /// <summary>Whether both say the same, a duration, size or number perhaps in other words.</summary>
    public static bool Same(JsonElement given, JsonElement taken)
    {
        if (given.ValueKind == JsonValueKind.Null) return taken.ValueKind == JsonValueKind.Null;
        var (one, two) = (Text(given), Text(taken));
        if (one == two) return true;
        if (Duration.TryParse(one, out var a) && Duration.TryParse(two, out var b)) return a == b;
        if (ByteSize.TryParse(one, out var c) && ByteSize.TryParse(two, out var d)) return c == d;
        return given.ValueKind == JsonValueKind.Number && taken.ValueKind == JsonValueKind.Number
            && (given.GetDouble() == taken.GetDouble()
                || (ByteSize.TryParse(two, out var size)
                    && one == size.Bytes.ToString(CultureInfo.InvariantCulture)));
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
