using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What nara's own code (github.com/eljojo/nara) has written and recorded.</summary>
internal static class SyncVectors
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "vectors");

    public static IReadOnlyDictionary<string, NodeIdentity> Identities { get; } = Of("identities").AsArray()
        .ToDictionary(
            v => (string)v!["name"]!,
            v => NodeIdentity.FromSeed(Convert.FromHexString((string)v!["seed_hex"]!)), StringComparer.Ordinal);

    public static IEnumerable<TestCaseData> Requests => Cases(Of("mesh-auth")["requests"]!);

    public static IEnumerable<TestCaseData> Responses => Cases(Of("mesh-auth")["responses"]!);

    public static IEnumerable<TestCaseData> SyncRequests => Cases(Of("sync-request"));

    public static IEnumerable<TestCaseData> SyncResponses => Cases(Of("sync-response"));

    /// <summary>Those that were not changed after they were signed.</summary>
    public static IEnumerable<TestCaseData> UnchangedResponses => SyncResponses
        .Where(c => (bool)((JsonNode)c.Arguments[0]!)["nara_verifies"]!
            && (string)((JsonNode)c.Arguments[0]!)["name"]! != "ids-resplit");

    public static IReadOnlyList<JsonNode> Recordings { get; } =
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "http", "index.json")))!.AsArray().Select(v => v!)];

    public static IReadOnlyList<JsonNode> Caps { get; } =
        [.. JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "http", "caps.json")))!["rows"]!.AsArray()
            .Select(v => v!)];

    public static PeerId Key(JsonNode v, string member = "public_key") =>
        PeerId.FromPublicKey(Convert.FromBase64String((string)v[member]!));

    /// <summary>The bytes of both sides, each as Latin-1, so that each character is a byte.</summary>
    public static (string Request, string Response) Exchange(string file)
    {
        const string request = "=== request bytes ===\n", response = "\n=== response bytes ===\n";
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(Folder, "http", file)));
        var at = text.IndexOf(response, StringComparison.Ordinal);
        return (text[request.Length..at], text[(at + response.Length)..]);
    }

    /// <summary>Head and body, chunks put together.</summary>
    public static (string Head, string Body) Parts(string message)
    {
        var end = message.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var (head, body) = (message[..end], message[(end + 4)..]);
        if (!head.Contains("chunked", StringComparison.OrdinalIgnoreCase))
        {
            var length = HeaderOf(head, "Content-Length") is { } text ? int.Parse(text) : 0;
            return (head, body[..length]);
        }
        var whole = new StringBuilder();
        while (true)
        {
            var line = body.IndexOf("\r\n", StringComparison.Ordinal);
            var size = Convert.ToInt32(body[..line], 16);
            if (size == 0) return (head, whole.ToString());
            whole.Append(body, line + 2, size);
            body = body[(line + 2 + size + 2)..];
        }
    }

    public static string? HeaderOf(string head, string name) => head.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..]
        .Trim();

    public static byte[] Bytes(string latin1) => Encoding.Latin1.GetBytes(latin1);

    public static string Utf8(string latin1) => Encoding.UTF8.GetString(Bytes(latin1));

    private static JsonNode Of(string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file + ".json")))!["vectors"]!;

    private static IEnumerable<TestCaseData> Cases(JsonNode list) => list.AsArray().Select((v, i) =>
        new TestCaseData(v!).SetArgDisplayNames($"{i}: {(string)v!["name"]!}"));
}
