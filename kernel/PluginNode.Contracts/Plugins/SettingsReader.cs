using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PluginNode.Plugins;

/// <summary>Decodes settings so that every plugin, and the node itself, reports problems in the same words.</summary>
public static class SettingsReader
{
    /// <summary>
    /// Decodes with a source-generated <paramref name="type"/> and collects every problem at once: unknown keys, wrong
    /// types, and what <paramref name="validate"/> finds in an otherwise sound result.
    /// </summary>
    /// <remarks>Options need <c>set</c>, not <c>init</c>: source-generated code gives <c>init</c> members that the
    /// settings do not name the default of their type, not the one that stands in the class.</remarks>
    /// <exception cref="PluginSettingsException">There is any problem.</exception>
    public static T Read<T>(JsonElement settings, JsonTypeInfo<T> type, Func<T, IEnumerable<string>> validate)
        where T : class
    {
        if (settings.ValueKind != JsonValueKind.Object)
            throw new PluginSettingsException([$"an object is needed, not {settings.ValueKind.ToString().ToLowerInvariant()}"]);

        var problems = new List<string>();
        foreach (var member in settings.EnumerateObject())
            if (Problem(member, type) is { } problem) problems.Add(problem);
        if (problems.Count == 0)
        {
            var options = settings.Deserialize(type)!;
            problems.AddRange(validate(options));
            if (problems.Count == 0) return options;
        }
        throw new PluginSettingsException(problems);
    }

    private static string? Problem(JsonProperty member, JsonTypeInfo type)
    {
        var known = type.Properties.FirstOrDefault(p => p.Name == member.Name);
        if (known is null)
            return type.Properties.Count == 0
                ? $"{member.Name}: unknown key; there is nothing to set"
                : $"{member.Name}: unknown key; known are {string.Join(", ", type.Properties.Select(p => p.Name))}";
        try
        {
            member.Value.Deserialize(type.Options.GetTypeInfo(known.PropertyType));
            return null;
        }
        catch (JsonException e)
        {
            var inside = e.Path is null or "$" ? "" : e.Path[1..];
            return $"{member.Name}{inside}: {e.Message.Split(" Path: ", 2)[0]}";
        }
    }
}
