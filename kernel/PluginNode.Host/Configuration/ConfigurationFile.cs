using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginNode.Configuration;

/// <summary>Reads <c>plugins.json</c>.</summary>
public static class ConfigurationFile
{
    /// <summary>Its usual name.</summary>
    public const string DefaultName = "plugins.json";

    private static readonly JsonDocumentOptions Relaxed = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads the file with this process's environment above it.</summary>
    /// <exception cref="ConfigurationException">It names every problem.</exception>
    public static NodeSettings Read(string file)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        return Read(file, environment);
    }

    /// <summary>Reads the file with that environment above it.</summary>
    /// <exception cref="ConfigurationException">It names every problem.</exception>
    public static NodeSettings Read(string file, IReadOnlyDictionary<string, string> environment)
    {
        if (file.Length == 0) throw new ConfigurationException(["--config: the name of a file is needed"]);
        var path = Path.GetFullPath(file);
        var name = Path.GetFileName(path);
        var document = Parse(Text(path), name);

        var problems = new List<string>();
        var type = ConfigurationJson.Default.NodeConfiguration;
        EnvironmentOverrides.Apply(document, type, environment, problems);
        using var whole = Whole(document, name);
        var inFile = new List<string>();
        StrictJson.Check(whole.RootElement, type, "", inFile);
        NodeSettings? settings = null;
        if (inFile.Count == 0)
            settings = SettingsBuilder.Build(path, whole.RootElement.Deserialize(type)!, inFile);
        problems.AddRange(inFile.Select(p => $"{EnvironmentOverrides.Variable(environment, p) ?? name}: {p}"));
        return problems.Count == 0 ? settings! : throw new ConfigurationException(problems);
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException([$"there is no {path}; 'pluginnode init' writes one, --config names another"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{path} can't be read: {e.Message}"]);
        }
    }

    private static JsonDocument Whole(JsonObject document, string name)
    {
        try
        {
            return JsonDocument.Parse(document.ToJsonString());
        }
        catch (JsonException e)
        {
            // Each part was read before: what is new is how deep they are together.
            throw new ConfigurationException(
                [$"{name}: with the {EnvironmentOverrides.Prefix}… variables above it: {StrictJson.Explain(e)}"]);
        }
    }

    private static JsonObject Parse(string text, string name)
    {
        try
        {
            var document = JsonNode.Parse(text, documentOptions: Relaxed);
            document?.ToJsonString(); // reads every text: one that is none is told here, and not where it is used
            return document as JsonObject ?? throw new ConfigurationException([$"{name}: an object {{ … }} is needed"]);
        }
        catch (JsonException e)
        {
            throw new ConfigurationException([$"{name}: {StrictJson.Explain(e)}"]);
        }
        catch (InvalidOperationException)
        {
            throw new ConfigurationException([$"{name}: {StrictJson.NoText}"]);
        }
    }
}
