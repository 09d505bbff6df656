using System.Text.Json.Nodes;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>What <c>GET /v1/recovery</c> of a node says.</summary>
internal sealed class Recovery(JsonNode body)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string State => (string)body["state"]!;
    public bool IsUnderWay => (bool)body["underWay"]!;
    public string? Strategy => (string?)body["strategy"];
    public DateTimeOffset? StartedAt => (DateTimeOffset?)body["startedAt"];
    public DateTimeOffset? EndedAt => (DateTimeOffset?)body["endedAt"];
    public int Attempt => (int)body["attempt"]!;
    public DateTimeOffset? NextAt => (DateTimeOffset?)body["nextAt"];

    /// <summary>The strategies that it went through, by name.</summary>
    public List<string> Steps => [.. body["steps"]!.AsArray().Select(s => (string)s!["strategy"]!)];

    public JsonNode FirstStep => body["steps"]![0]!;

    public JsonNode Coverage => body["coverage"]!;
    public int Events => (int)Coverage["events"]!;
    public double? Share => (double?)Coverage["share"];
    public double? ShareAtMost => (double?)Coverage["shareAtMost"];

    /// <summary>Neighbours asked, answered, told, disagreeing.</summary>
    public int[] Neighbours =>
        [.. new[] { "asked", "answered", "told", "disagreeing" }.Select(n => (int)Coverage["neighbours"]![n]!)];

    public List<(DateOnly Day, string Neighbour, int Theirs, int Ours)> Gaps =>
    [
        .. Coverage["gaps"]!.AsArray().Select(g => (
            DateOnly.Parse((string)g!["day"]!), (string)g["neighbour"]!, (int)g["theirs"]!, (int)g["ours"]!)),
    ];

    /// <summary>One of its counts over all strategies.</summary>
    public long Count(string name) => body["steps"]!.AsArray().Sum(s => (long)s!["counts"]![name]!);

    /// <summary>What one neighbour did, over all strategies.</summary>
    public long Count(string neighbour, string name) => Of(neighbour).Sum(n => (long)n["counts"]![name]!);

    /// <summary>How many events of one neighbour were kept out for that reason.</summary>
    public long Rejected(string neighbour, string reason) =>
        Of(neighbour).Sum(n => (long?)n["counts"]!["rejected"]![reason] ?? 0);

    /// <summary>Why calls of one neighbour failed.</summary>
    public List<string> Failures(string neighbour) =>
        [.. Of(neighbour).Select(n => (string?)n["lastFailure"]).OfType<string>()];

    public static async Task<Recovery> OfAsync(NodeProcess node) => new(await node.GetAsync("/v1/recovery"));

    /// <summary>What <c>pluginnode recovery status --json</c> prints.</summary>
    public static async Task<Recovery> OfCommandAsync(NodeProcess node)
    {
        var (exit, output) = await node.CommandAsync("recovery", "status", "--json");
        Assert.That(exit, Is.Zero, output);
        // what the node itself logs meanwhile stands there, too
        return new Recovery(JsonNode.Parse(output.Split('\n').Last(l => l.StartsWith('{')))!);
    }

    /// <summary>Waits until a recovery is over.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="after">That began later than this; null: any.</param>
    public static async Task<Recovery> EndedAsync(NodeProcess node, DateTimeOffset? after = null)
    {
        Recovery? end = null;
        await Until.TrueAsync(
            async () => (end = await OfAsync(node)) is { IsUnderWay: false, EndedAt: not null }
                && (after is null || end.StartedAt > after),
            $"{node.Name} has recovered, or not", Patience);
        return end!;
    }

    public override string ToString() => body.ToJsonString();

    private List<JsonNode> Of(string neighbour) =>
    [
        .. body["steps"]!.AsArray().SelectMany(s => s!["neighbours"]!.AsArray())
            .Where(n => (string)n!["name"]! == neighbour).Select(n => n!),
    ];
}
