using Microsoft.AspNetCore.Http.HttpResults;
using PluginNode.Composition;

namespace PluginNode.Api;

/// <summary><c>/v1/recovery</c>.</summary>
internal static class RecoveryRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/recovery", (RunningNode node) => Answer(node, StatusCodes.Status200OK))
            .WithSummary("How recovery stands, and how complete the ledger is").Produces<RecoveryBody>();
        routes.MapPost("/v1/recovery", RunAgain)
            .WithSummary("Ask the neighbours for everything again; the answer does not wait for the end")
            .Produces<RecoveryBody>(StatusCodes.Status202Accepted).Problems(409);
    }

    private static IResult RunAgain(RunningNode node)
    {
        if (node.Kernel.Recovery.RunAgain()) return Answer(node, StatusCodes.Status202Accepted);
        return ProblemBody.Result(StatusCodes.Status409Conflict, node.Sync.Chain.Count == 0
            ? "there is no sync strategy: install a plugin that provides one, or name one in sync.chain"
            : "a recovery is under way");
    }

    private static JsonHttpResult<RecoveryBody> Answer(RunningNode node, int status) => TypedResults.Json(
        RecoveryBody.Of(node.Kernel.Recovery.State, node.Sync.Chain), ApiJson.Wire.RecoveryBody, statusCode: status);
}
