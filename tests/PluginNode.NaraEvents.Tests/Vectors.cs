using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Identity;

namespace PluginNode.NaraEvents.Tests;

/// <summary>The files in <c>vectors/</c>: made by running nara's own code (github.com/eljojo/nara), and re-checked by a
/// program that shares no code with it.</summary>
internal static class Vectors
{
    private static readonly string[] Files =
        ["social", "ping", "observation", "hey-there", "chau", "seen", "checkpoint", "negative"];

    public static IEnumerable<TestCaseData> Events => Files.SelectMany(f => Of($"events-{f}").Select(
        v => new TestCaseData(new EventVector(v)).SetArgDisplayNames($"{f}: {v["name"]}")));

    public static IEnumerable<TestCaseData> Checkpoints => Of("events-checkpoint").Select(
        v => new TestCaseData(new EventVector(v)).SetArgDisplayNames((string)v["name"]!));

    /// <summary>Keys by name and by nara id.</summary>
    public static IReadOnlyDictionary<string, PeerId> Keys { get; } = Of("identities")
        .SelectMany(v => new[] { (string)v["name"]!, (string)v["nara_id"]! }.Select(n => (Name: n, Key: KeyOf(v))))
        .ToDictionary(k => k.Name, k => k.Key, StringComparer.Ordinal);

    public static PeerId? KeyOf(string name) => Keys.TryGetValue(name, out var key) ? key : null;

    public static IReadOnlyList<JsonNode> Of(string file)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "vectors", file + ".json");
        return [.. JsonNode.Parse(File.ReadAllText(path))!["vectors"]!.AsArray().Select(v => v!)];
    }

    private static PeerId KeyOf(JsonNode identity) =>
        PeerId.FromPublicKey(Convert.FromBase64String((string)identity["public_key"]!));
}

/// <summary>One event, and what nara makes of it.</summary>
public sealed class EventVector(JsonNode vector)
{
    public string Name => Text("name");

    public string Json => Text("json_text");

    public byte[] Bytes => Encoding.UTF8.GetBytes(Json);

    public string Service => Text("service");

    public string Id => Text("id");

    public string Content => Text("content_string");

    public string ContentHex => Text("content_string_utf8_hex");

    public string IdPreimage => Text("id_preimage");

    public string SignablePreimage => Text("signable_preimage");

    public string SignableHash => Text("signable_data_hex");

    public string Signature => Text("signature");

    public string Emitter => Text("emitter");

    public bool IsSigned => (bool)vector["is_signed"]!;

    public bool IsValid => (bool)vector["is_valid"]!;

    public bool VerifiesWithEmitterKey => (bool)vector["verify_with_emitter_key"]!;

    public bool IdMatchesContent => (bool)vector["id_matches_content"]!;

    public JsonNode Event => vector["event"]!;

    public JsonArray Voters => vector["voters"]!.AsArray();

    public bool CheckpointIsValid => Text("checkpoint_check").StartsWith("valid=true ", StringComparison.Ordinal);

    private string Text(string member) => (string)vector[member]!;
}
