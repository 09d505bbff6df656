using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace PluginNode.Configuration;

/// <summary>
/// Environment variables that stand above the file: <c>PLUGINNODE_node__name=beta</c> sets <c>node.name</c>; two
/// underscores go one level down, and a number is a place in a list. A value is text where text is expected, else JSON;
/// inside a plugin's settings it is JSON where it reads as JSON, else text.
/// </summary>
internal static class EnvironmentOverrides
{
    public const string Prefix = "PLUGINNODE_";

    /// <summary>More than any key has, a plugin's included.</summary>
    private const int MostLevels = 32;

    private static readonly string[] TextNeeded = [nameof(String), nameof(Duration), nameof(ByteSize)];

    /// <summary>Writes what the variables say into the document; what can't be placed becomes a problem.</summary>
    public static void Apply(
        JsonObject document, JsonTypeInfo type, IReadOnlyDictionary<string, string> environment, ICollection<string> problems)
    {
        foreach (var (name, value) in environment.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var path = name[Prefix.Length..].Split("__");
            if (path.Length > MostLevels) problems.Add($"{name}: at most {MostLevels} levels are possible");
            else if (path.Contains("")) problems.Add($"{name}: a level of the path is empty");
            else if (Place(document, path, value, type) is { } problem) problems.Add($"{name}: {problem}");
        }
    }

    /// <summary>The variable that the problem <c>key: what</c> came from; null where it is the file's.</summary>
    public static string? Variable(IReadOnlyDictionary<string, string> environment, string problem)
    {
        var levels = problem.Split(':', 2)[0].Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
        var name = Prefix + string.Join("__", levels);
        return environment.ContainsKey(name) ? name : null;
    }

    private static string? Place(JsonNode document, string[] path, string value, JsonTypeInfo documentType)
    {
        JsonNode at = document;
        JsonTypeInfo? type = documentType;
        for (var level = 0; ; level++)
        {
            var last = level == path.Length - 1;
            var list = type?.Kind == JsonTypeInfoKind.Enumerable || at is JsonArray;
            if (type?.Kind == JsonTypeInfoKind.None && type.Type != typeof(JsonElement))
                return $"{string.Join('.', path[..level])} has no levels below it";
            type = Below(type, path[level]);
            JsonNode? next = last ? Read(value, type) : null;
            if (list)
            {
                if (Element(at, path[level]) is not { } index) return $"'{path[level]}' is no place in the list";
                var array = (JsonArray)at;
                if (index == array.Count) array.Add(null);
                if (last) array[index] = next;
                else at = array[index] ??= NewLevel(type);
            }
            else
            {
                if (at is not JsonObject members) return $"{string.Join('.', path[..level])} is no object";
                if (last) members[path[level]] = next;
                else at = members[path[level]] ??= NewLevel(type);
            }
            if (last) return null;
        }
    }

    private static int? Element(JsonNode at, string text) =>
        at is JsonArray array && int.TryParse(text, CultureInfo.InvariantCulture, out var index)
            && index >= 0 && index <= array.Count
                ? index
                : null;

    private static JsonNode NewLevel(JsonTypeInfo? type) =>
        type?.Kind == JsonTypeInfoKind.Enumerable ? new JsonArray() : new JsonObject();

    private static JsonTypeInfo? Below(JsonTypeInfo? type, string name)
    {
        var below = type?.Kind switch
        {
            JsonTypeInfoKind.Object => type.Properties.FirstOrDefault(p => p.Name == name)?.PropertyType,
            JsonTypeInfoKind.Dictionary or JsonTypeInfoKind.Enumerable => type.ElementType,
            _ => null,
        };
        return below is null ? null : type!.Options.GetTypeInfo(below);
    }

    private static JsonNode? Read(string value, JsonTypeInfo? type)
    {
        var expected = type is null ? null : Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (expected is not null && TextNeeded.Contains(expected.Name)) return JsonValue.Create(value);
        try
        {
            var read = JsonNode.Parse(value, documentOptions: new() { AllowDuplicateProperties = false });
            read?.ToJsonString(); // reads every text
            return read;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, so it is meant as text; where text is wrong the check of the whole document says so.
            return JsonValue.Create(value);
        }
    }
}
