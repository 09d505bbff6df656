using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PluginNode.Configuration;

/// <summary>Compares a document with a source-generated type and finds every problem at once, up to a number of them,
/// each with its full path, where a decoder would stop at the first.</summary>
internal static class StrictJson
{
    /// <summary>How many problems are told at once: a hostile document would have one in every other byte.</summary>
    private const int MostProblems = 50;

    /// <summary>What is wrong where reading a name or text is an <see cref="InvalidOperationException"/>: a document
    /// may hold what is no Unicode (a lone surrogate, <c>"\ud800"</c>), and its reader only finds that out
    /// then.</summary>
    public const string NoText = "a name or text is not valid UTF-8, or UTF-16 where it is escaped";

    /// <summary>Adds one line for each unknown key, wrong type and missing member.</summary>
    public static void Check(JsonElement value, JsonTypeInfo type, string path, ICollection<string> problems)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object:
                CheckMembers(value, type, path, problems);
                break;
            case JsonTypeInfoKind.Dictionary when value.ValueKind == JsonValueKind.Object:
                foreach (var entry in UpToMost(value.EnumerateObject(), problems))
                    Check(entry.Value, type.Options.GetTypeInfo(type.ElementType!), Join(path, entry.Name), problems);
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                foreach (var (index, element) in UpToMost(value.EnumerateArray(), problems).Index())
                    Check(element, type.Options.GetTypeInfo(type.ElementType!), $"{path}[{index}]", problems);
                break;
            default:
                if (LeafProblem(value, type) is { } problem) problems.Add($"{Shown(path)}: {problem}");
                break;
        }
    }

    /// <summary>Why a document can't be read, and where, counted from one, if that is known.</summary>
    public static string Explain(JsonException e)
    {
        var why = e.Message.Split(" LineNumber:", 2)[0];
        return e.LineNumber is { } line ? $"line {line + 1}, byte {e.BytePositionInLine + 1}: {why}" : why;
    }

    private static void CheckMembers(JsonElement value, JsonTypeInfo type, string path, ICollection<string> problems)
    {
        foreach (var member in UpToMost(value.EnumerateObject(), problems))
        {
            var inside = Join(path, member.Name);
            var known = type.Properties.FirstOrDefault(p => p.Name == member.Name);
            if (known is null)
                problems.Add($"{inside}: unknown key; known are {string.Join(", ", type.Properties.Select(p => p.Name))}");
            else if (member.Value.ValueKind == JsonValueKind.Null && known.IsSetNullable)
                continue;
            else
                Check(member.Value, type.Options.GetTypeInfo(known.PropertyType), inside, problems);
        }
        foreach (var needed in type.Properties)
            if (needed.IsRequired && !value.TryGetProperty(needed.Name, out _))
                problems.Add($"{Join(path, needed.Name)}: is missing");
    }

    private static IEnumerable<T> UpToMost<T>(IEnumerable<T> parts, ICollection<string> problems) =>
        parts.TakeWhile(_ => problems.Count < MostProblems);

    private static string? LeafProblem(JsonElement value, JsonTypeInfo type)
    {
        if (type.Type == typeof(JsonElement)) return null;
        if (value.ValueKind == JsonValueKind.Null) return Needed(type) ?? "null is not allowed";
        try
        {
            value.Deserialize(type);
            return null;
        }
        catch (JsonException e)
        {
            return Needed(type) ?? e.Message.Split(" Path: ", 2)[0];
        }
    }

    private static string? Needed(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "an object { … } is needed",
        JsonTypeInfoKind.Enumerable => "a list [ … ] is needed",
        _ when Is<string>(type) => "a text in quotes is needed",
        _ when Is<bool>(type) => "true or false is needed",
        _ when Is<int>(type) || Is<long>(type) => "a whole number is needed",
        _ when Is<double>(type) => "a number is needed",
        _ when Is<Guid>(type) => "a UUID is needed",
        _ when Is<byte[]>(type) => "base64 in quotes is needed",
        _ => null,
    };

    private static bool Is<T>(JsonTypeInfo type) => (Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(T);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Shown(string path) => path.Length == 0 ? "the document" : path;
}
