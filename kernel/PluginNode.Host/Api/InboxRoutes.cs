using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Delivery;
using PluginNode.Identity;

namespace PluginNode.Api;

/// <summary><c>/v1/inbox</c>.</summary>
internal static class InboxRoutes
{
    private const int MostIds = 10_000;
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/inbox", ListAsync).WithSummary("Receive: messages that wait, oldest first; wait is a long poll")
            .Produces<InboxList>().Problems(400, 404);
        routes.MapPost("/v1/inbox/ack", AckAsync).WithSummary("Acknowledge messages, which removes them")
            .Body<AckBody>().Produces<AckAnswer>().Problems(400, 503);
        routes.MapGet("/v1/inbox/stream", InboxStream.RunAsync)
            .WithSummary("Receive as server-sent events").Produces(200, contentType: "text/event-stream").Problems(400, 404);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, RunningNode node, string? protocol = null, string? from = null, long after = 0, int limit = 100,
        Duration? wait = null)
    {
        var most = wait?.Value ?? TimeSpan.Zero;
        var query = new InboxQuery(
            protocol, From(from, node), after, Waits.Limit(limit), most < MostWait ? most : MostWait);
        var page = await node.Kernel.Inbox.ListAsync(query, Waits.Token(context));
        var messages = page.Items.Select(i => InboxMessageBody.Of(i, node.Kernel.Peers)).ToList();
        return TypedResults.Json(new InboxList(messages, page.Next), ApiJson.Wire.InboxList);
    }

    private static async Task<IResult> AckAsync(HttpContext context, RunningNode node)
    {
        var body = await JsonBody.ReadAsync(context.Request, ApiJson.Wire.AckBody);
        if (body.Ids.Count > MostIds) return ProblemBody.Result(400, $"ids: at most {MostIds} at once");
        var result = await node.Kernel.Inbox.AckAsync(body.Ids.Select((id, at) => Reference(id, at, node)).ToList());
        return TypedResults.Json(
            new AckAnswer(result.Acknowledged, result.Unknown, result.Ambiguous), ApiJson.Wire.AckAnswer);
    }

    /// <summary>The sender that a query names.</summary>
    public static PeerId? From(string? text, RunningNode node) =>
        text is null ? null : PeerReference.Resolve(text, node.Kernel.Peers);

    private static InboxReference Reference(string? text, int at, RunningNode node)
    {
        // The decoder checks members for null, and not what a list holds. Guids and peer ids have no slash, and
        // neither has a peer's name.
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (text is null || !Guid.TryParseExact(text.AsSpan(slash + 1), "D", out var id))
            throw new ProblemException(400, $"ids[{at}]: a message id, or peerid/id, is needed");
        return new InboxReference(id, slash < 0 ? null : PeerReference.Resolve(text[..slash], node.Kernel.Peers));
    }
}
