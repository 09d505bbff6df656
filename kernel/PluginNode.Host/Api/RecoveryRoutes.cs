using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using PluginNode.Composition;
using PluginNode.Events;

namespace PluginNode.Api;

/// <summary><c>/v1/recovery</c>.</summary>
internal static class RecoveryRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/recovery", (RunningNode node) => Answer(node, StatusCodes.Status200OK))
            .WithSummary("How recovery stands, and how complete the ledger is").Produces<RecoveryBody>();
        routes.MapPost("/v1/recovery", PostAsync)
            .WithSummary("Ask the neighbours for everything again; the answer does not wait for the end. With a body: "
                + "ask one peer, and answer what came of it")
            .Body<RecoveryAskBody>().Produces<RecoveryAskResult>()
            .Produces<RecoveryBody>(StatusCodes.Status202Accepted).Problems(400, 404, 409, 503);
    }

    private static async Task<IResult> PostAsync(HttpContext context, RunningNode node)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            return await AskAsync(
                await JsonBody.ReadAsync(context.Request, ApiJson.Wire.RecoveryAskBody), node, context.RequestAborted);
        return node.Kernel.Recovery.RunAgain() ? Answer(node, StatusCodes.Status202Accepted) : NotNow(node);
    }

    private static async Task<IResult> AskAsync(
        RecoveryAskBody body, RunningNode node, CancellationToken aborted)
    {
        var subjects = body.Subjects ?? [];
        if (subjects.Count > RecoveryAskBody.MostSubjects)
            throw new ProblemException(
                StatusCodes.Status400BadRequest, $"subjects: at most {RecoveryAskBody.MostSubjects} names");
        foreach (var (index, name) in subjects.Index())
            if (name is not { Length: > 0 } || Encoding.UTF8.GetByteCount(name) > Event.MaxNameBytes)
                throw new ProblemException(
                    StatusCodes.Status400BadRequest,
                    $"subjects[{index}]: a name of 1 to {Event.MaxNameBytes} bytes is needed");
        var id = PeerReference.Resolve(body.Peer, node.Kernel.Peers);
        if (node.Kernel.Peers.Find(id) is not { } peer)
            throw new ProblemException(StatusCodes.Status404NotFound, $"there is no peer '{body.Peer}'");
        if (!node.Kernel.Recovery.IsNeighbour(id))
            return ProblemBody.Result(
                StatusCodes.Status409Conflict,
                $"'{peer.Name}' can't be asked: it has no address, is only sent to, or is this node itself");
        try
        {
            if (await node.Kernel.Recovery.AskAsync(id, subjects).WaitAsync(aborted) is not { } steps)
                return NotNow(node);
            return TypedResults.Json(
                new RecoveryAskResult(
                    peer.Name, steps.Any(s => s.Neighbours.Any(n => n.Counts.Calls > n.Counts.Failures)),
                    [.. steps.Select(RecoveryStepBody.Of)]),
                ApiJson.Wire.RecoveryAskResult);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return ProblemBody.Result(StatusCodes.Status503ServiceUnavailable, "the node stops");
        }
    }

    private static IResult NotNow(RunningNode node) => ProblemBody.Result(
        StatusCodes.Status409Conflict, node.Sync.Chain.Count == 0
            ? "there is no sync strategy: install a plugin that provides one, or name one in sync.chain"
            : "a recovery is under way");

    private static JsonHttpResult<RecoveryBody> Answer(RunningNode node, int status) => TypedResults.Json(
        RecoveryBody.Of(node.Kernel.Recovery.State, node.Sync.Chain), ApiJson.Wire.RecoveryBody, statusCode: status);
}
