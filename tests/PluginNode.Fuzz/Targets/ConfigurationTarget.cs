using System.Text;
using System.Text.Json;
using PluginNode.Configuration;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// The configuration file with an environment above it. It is refused with every problem in a line of its own, or taken
/// whole: each value that stands in it is in the result, and what the result is written as is read alike.
/// Input: parts, the file and then <c>NAME=value</c> for each variable.
/// </summary>
internal sealed class ConfigurationTarget : FuzzTarget
{
    private static readonly JsonDocumentOptions Relaxed =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public override string Name => "configuration";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        PartEdits.With([.. ByteEdits.All, .. TextEdits.All, .. JsonEdits.All, .. JsonEdits.All, .. JsonEdits.All]);

    public override IEnumerable<Sample> Samples()
    {
        yield return Input("empty", "{}");
        yield return Input("usual", """
            { // a comment
              "node": { "name": "alpha", "data": "d", "identity": "i.pem", "formerIdentities": ["old.pem"] },
              "api": { "listen": "http://127.0.0.1:0", "tokenFile": "t", "public": false }, "store": "file-store",
              "plugins": { "folder": "p", "trust": "pinned", "pins": { "x": "KEY" }, "disabled": ["y"],
                           "settings": { "mesh-http": { "listen": "", "deep": [1, { "a": null }] } } },
            }
            """.Replace("KEY", new string('0', 64), StringComparison.Ordinal));
        yield return Input("delivery", """
            { "delivery": { "protocols": { "/a": "critical", "/b": "slow" }, "endsOn": { "/b": "sent" },
                "levels": { "slow": { "persisted": true, "retries": ["15s", "1m"], "ttl": "P1D" } },
                "retry": { "first": "250ms", "most": "10s", "factor": 1.5, "jitter": "none" },
                "limits": { "bytes": "1GiB", "bytesPerPeer": 4096, "memory": "1MiB", "payload": "16KiB" },
                "deadLetters": { "keep": "30d" } },
              "inbox": { "bytes": "1GiB", "bytesPerPeer": "1MiB", "duplicateWindow": "7d" } }
            """);
        var key = Convert.ToBase64String(SomeNodes.Sender.Self.ToPublicKey());
        yield return Input("peers", $$"""
            { "peers": [ { "name": "beta", "publicKey": "{{key}}", "addresses": ["mesh+http://127.0.0.1:1"] } ] }
            """);
        yield return Input(
            "environment", "{ \"node\": { \"name\": \"alpha\" } }", "PLUGINNODE_node__name=beta",
            "PLUGINNODE_delivery__protocols={\"/a\":\"critical\"}", "PLUGINNODE_node__formerIdentities__0=x.pem",
            "PLUGINNODE_plugins__settings__mesh-http__sendTimeout=3s", "PLUGINNODE_delivery__limits__bytes=2GiB",
            "HOME=/x");
    }

    public override Verdict Check(byte[] input)
    {
        var parts = Parts.Split(input);
        using var folder = new TemporaryFolder();
        var file = folder["plugins.json"];
        File.WriteAllBytes(file, parts.Count == 0 ? [] : parts[0]);
        var environment = Environment(parts);
        try
        {
            var settings = Measure.Bounded(
                (256 * 1024) + (64L * input.Length), () => ConfigurationFile.Read(file, environment));
            var text = JsonSerializer.Serialize(settings.Sections, ConfigurationJson.Default.NodeConfiguration);
            TookAll(File.ReadAllText(file), environment, text);
            ReadsAlike(file, text);
            return Verdict.Took($"{environment.Count}");
        }
        catch (ConfigurationException e)
        {
            Holds.That(e.Problems.Count > 0, "it is refused without a reason");
            foreach (var problem in e.Problems)
                Holds.That(problem.Length > 0 && !problem.Any(char.IsControl), $"a problem is not one line: {problem}");
            return Verdict.Refused(e.Problems[0]);
        }
    }

    private static void TookAll(string file, Dictionary<string, string> environment, string text)
    {
        using var given = JsonDocument.Parse(file, Relaxed);
        using var result = JsonDocument.Parse(text);
        var taken = JsonLeaves.Of(result.RootElement).ToDictionary(l => l.Path, l => l.Value, StringComparer.Ordinal);
        var above = environment.Where(e => e.Key.StartsWith(EnvironmentOverrides.Prefix, StringComparison.Ordinal))
            .Select(e => (Path: '/' + PathOf(e.Key), e.Value))
            .ToList();
        foreach (var (path, value) in JsonLeaves.Of(given.RootElement))
        {
            if (above.Exists(a => path == a.Path || path.StartsWith(a.Path + '/', StringComparison.Ordinal))) continue;
            Takes(taken, path, value);
        }
        foreach (var (path, value) in above)
        {
            if (above.Exists(a => a.Path.StartsWith(path + '/', StringComparison.Ordinal))) continue;
            if (taken.TryGetValue(path, out var leaf) && leaf.ValueKind == JsonValueKind.String
                && leaf.GetString() == value)
                continue;
            using var document = Parsed(value);
            foreach (var (inside, member) in JsonLeaves.Of(document.RootElement)) Takes(taken, path + inside, member);
        }
    }

    private static string PathOf(string variable) =>
        variable[EnvironmentOverrides.Prefix.Length..].Replace("__", "/", StringComparison.Ordinal);

    private static void Takes(Dictionary<string, JsonElement> taken, string path, JsonElement value)
    {
        var found = taken.TryGetValue(path, out var leaf);
        Holds.That(
            found ? JsonLeaves.Same(value, leaf) : value.ValueKind == JsonValueKind.Null,
            $"half taken: '{path}' is {value.GetRawText()}, and {(found ? leaf.GetRawText() : "nothing")} was taken");
    }

    private static JsonDocument Parsed(string value)
    {
        try
        {
            return JsonDocument.Parse(value);
        }
        catch (JsonException)
        {
            // Text, then: a duration or size that is written in other words, or a name.
            return JsonDocument.Parse($"\"{JsonEncodedText.Encode(value)}\"");
        }
    }

    private static void ReadsAlike(string file, string text)
    {
        File.WriteAllText(file, text);
        var again = ConfigurationFile.Read(file, new Dictionary<string, string>(StringComparer.Ordinal));
        Holds.That(
            JsonSerializer.Serialize(again.Sections, ConfigurationJson.Default.NodeConfiguration) == text,
            "written again it is another configuration");
    }

    private static Dictionary<string, string> Environment(IEnumerable<byte[]> parts)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in parts.Skip(1))
        {
            if (Encoding.UTF8.GetString(part).Split('=', 2) is [{ Length: > 0 } name, var value])
                environment[name] = value;
        }
        return environment;
    }

    private static Sample Input(string name, string file, params string[] environment) =>
        new(name, Parts.Join(environment.Prepend(file).Select(Encoding.UTF8.GetBytes)));
}
