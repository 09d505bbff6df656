using PluginNode.Composition;
using PluginNode.Delivery;

namespace PluginNode.Api;

/// <summary><c>/v1/dead-letters</c>.</summary>
internal static class DeadLetterRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/dead-letters", ListAsync).WithSummary("List dead letters")
            .Produces<DeadLetterList>().Problems(400, 404);
        routes.MapPost("/v1/dead-letters/{id:guid}/replay", (Guid id, RunningNode node) =>
                MessageRoutes.ChangeAsync(id, node.Kernel.Outbox.ReplayAsync(id), node))
            .WithSummary("Send it again").Produces<MessageBody>().Problems(404, 409, 503);
        routes.MapDelete("/v1/dead-letters/{id:guid}", PurgeAsync)
            .WithSummary("Purge it").Produces(StatusCodes.Status204NoContent).Problems(404, 409, 503);
    }

    private static async Task<IResult> ListAsync(RunningNode node, string? to = null, long after = 0, int limit = 100)
    {
        var query = new MessageQuery(
            MessageState.Dead, to is null ? null : PeerReference.Resolve(to, node.Kernel.Peers), after, Waits.Limit(limit));
        var views = await node.Kernel.Outbox.ListAsync(query);
        return TypedResults.Json(
            new DeadLetterList(MessageRoutes.Bodies(views, node), MessageRoutes.Next(views, query.Limit)),
            ApiJson.Wire.DeadLetterList);
    }

    private static async Task<IResult> PurgeAsync(Guid id, RunningNode node)
    {
        var change = node.Kernel.Outbox.PurgeAsync(id);
        return await change == ChangeResult.Done
            ? TypedResults.NoContent()
            : await MessageRoutes.ChangeAsync(id, change, node);
    }
}
