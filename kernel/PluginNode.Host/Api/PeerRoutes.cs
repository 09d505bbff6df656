using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Identity;
using PluginNode.Peers;

namespace PluginNode.Api;

/// <summary>The body of <c>PUT /v1/peers/{name}</c>.</summary>
public sealed record PeerPut
{
    /// <summary>Its Ed25519 public key, 32 bytes in base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Where it may be reached, the preferred one first.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>Whether it is only sent to, and nothing that it sends is taken. Left out: as it was, and for a new peer
    /// false.</summary>
    public bool? SendOnly { get; init; }
}

/// <summary>All peers.</summary>
/// <param name="Peers">By name.</param>
/// <param name="Next">Always null: the list is whole.</param>
public sealed record PeerList(
    IReadOnlyList<PeerBody> Peers,
    [property: System.Text.Json.Serialization.JsonIgnore(
        Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)] long? Next);

/// <summary><c>/v1/peers</c>.</summary>
internal static class PeerRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/peers", (RunningNode node) => TypedResults.Json(
                new PeerList(node.Kernel.Peers.All.Select(p => PeerBody.Of(p, node)).ToList(), null),
                ApiJson.Wire.PeerList))
            .WithSummary("List peers").Produces<PeerList>();
        routes.MapGet("/v1/peers/{name}", (string name, RunningNode node) => Answer(name, node))
            .WithSummary("One peer").Produces<PeerBody>().Problems(404);
        routes.MapPut("/v1/peers/{name}", PutAsync).WithSummary("Add or change a peer")
            .Body<PeerPut>().Produces<PeerBody>().Problems(400, 409, 503);
        routes.MapDelete("/v1/peers/{name}", DeleteAsync)
            .WithSummary("Remove a peer; waiting=dead-letter also where messages wait for it")
            .Produces(StatusCodes.Status204NoContent).Problems(400, 404, 409, 503);
        routes.MapPost("/v1/peers/{name}/pause", (string name, RunningNode node) => PauseAsync(name, true, node))
            .WithSummary("Hold what waits for it").Produces<PeerBody>().Problems(404, 503);
        routes.MapPost("/v1/peers/{name}/resume", (string name, RunningNode node) => PauseAsync(name, false, node))
            .WithSummary("Go on").Produces<PeerBody>().Problems(404, 503);
    }

    private static async Task<IResult> PutAsync(string name, HttpContext context, RunningNode node)
    {
        var body = await JsonBody.ReadAsync(context.Request, ApiJson.Wire.PeerPut);
        var problems = new List<string>();
        if (!PeerBook.IsName(name)) problems.Add($"name: {PeerText.NameForm}");
        if (PeerText.KeyProblem(body.PublicKey, out var id) is { } problem) problems.Add($"publicKey: {problem}");
        var addresses = PeerText.Addresses(body.Addresses ?? [], "addresses", problems);
        if (problems.Count > 0) return ProblemBody.Result(400, string.Join("; ", problems));
        var peers = node.Kernel.Peers;
        var before = peers.Find(name);
        var peer = new Peer(name, id, addresses)
        {
            Paused = before?.Paused ?? false,
            SendOnly = body.SendOnly ?? before?.SendOnly ?? false,
        };
        return Changed(await peers.PutAsync(peer), name, node);
    }

    private static async Task<IResult> PauseAsync(string name, bool paused, RunningNode node) =>
        Changed(await node.Kernel.Peers.PauseAsync(name, paused), name, node);

    private static async Task<IResult> DeleteAsync(string name, RunningNode node, string? waiting = null)
    {
        if (waiting is not (null or "dead-letter"))
            return ProblemBody.Result(400, "waiting: dead-letter is the only choice");
        return await node.Kernel.RemovePeerAsync(name, deadLetterWaiting: waiting is not null) switch
        {
            PeerRemoval.Done => TypedResults.NoContent(),
            PeerRemoval.NotFound => NotFound(name),
            PeerRemoval.Configured => Configured(name),
            PeerRemoval.HasWaiting => ProblemBody.Result(
                409, $"messages wait for '{name}'; waiting=dead-letter makes them dead letters"),
            _ => Unavailable(),
        };
    }

    private static IResult Changed(PeerChange change, string name, RunningNode node)
    {
        if (change == PeerChange.Done && node.Kernel.Peers.Find(name) is { } peer) node.Kernel.PeerChanged(peer.Id);
        return change == PeerChange.Done ? Answer(name, node) : Refusal(change, name);
    }

    private static IResult Refusal(PeerChange change, string name) => change switch
    {
        PeerChange.NotFound => NotFound(name),
        PeerChange.Configured => Configured(name),
        PeerChange.KeyInUse => ProblemBody.Result(
            409, "another peer has this key, or this name has another key: a new key is a new peer, with a name of its own"),
        _ => Unavailable(),
    };

    private static IResult Answer(string name, RunningNode node) => node.Kernel.Peers.Find(name) is { } peer
        ? TypedResults.Json(PeerBody.Of(peer, node), ApiJson.Wire.PeerBody)
        : NotFound(name);

    private static IResult NotFound(string name) => ProblemBody.Result(404, $"there is no peer '{name}'");

    private static IResult Configured(string name) =>
        ProblemBody.Result(409, $"'{name}' stands in the configuration file, which wins; change it there");

    private static IResult Unavailable() =>
        ProblemBody.Result(503, "the store failed and nothing was changed; trying again is safe");
}
