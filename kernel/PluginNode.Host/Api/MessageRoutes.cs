using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Delivery;

namespace PluginNode.Api;

/// <summary><c>/v1/messages</c>.</summary>
internal static class MessageRoutes
{
    private static readonly TimeSpan MostWait = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder routes, RequestSize size)
    {
        routes.MapPost("/v1/messages", SendAsync).WithMetadata(size)
            .WithSummary("Send a message")
            .Body<SendBody>()
            .Produces<SendResult>(StatusCodes.Status202Accepted).Produces<SendResult>()
            .Problems(400, 404, 409, 413, 502, 503, 507);
        routes.MapGet("/v1/messages", ListAsync).WithSummary("List messages that go out")
            .Produces<MessageList>().Problems(400, 404);
        routes.MapGet("/v1/messages/{id:guid}", FindAsync).WithSummary("One message with its history")
            .Produces<MessageBody>().Problems(404);
        routes.MapPost("/v1/messages/{id:guid}/retry", (Guid id, RunningNode node) =>
                ChangeAsync(id, node.Kernel.Outbox.RetryAsync(id), node))
            .WithSummary("Try now").Produces<MessageBody>().Problems(404, 409, 503);
        routes.MapDelete("/v1/messages/{id:guid}", (Guid id, RunningNode node) =>
                ChangeAsync(id, node.Kernel.Outbox.CancelAsync(id), node))
            .WithSummary("Cancel").Produces<MessageBody>().Problems(404, 409, 503);
    }

    private static async Task<IResult> SendAsync(
        HttpContext context, RunningNode node, string? wait = null, Duration? timeout = null)
    {
        if (wait is not (null or "delivered")) return ProblemBody.Result(400, "wait: delivered is the only thing to wait for");
        var body = await JsonBody.ReadAsync(context.Request, ApiJson.Wire.SendBody);
        var reply = await node.Kernel.Outbox.SendAsync(body.ToRequest(node.Kernel.Peers), context.RequestAborted);
        var status = SendStatusOf(reply.Verdict);
        if (status >= 400)
            return ProblemBody.Result(status, reply.Reason ?? Words(reply.Verdict), reply.Id == default ? null : reply.Id);
        var result = SendResult.Of(reply);
        if (status == StatusCodes.Status202Accepted && wait is not null
            && await WaitAsync(context, node, reply.Id, timeout) is { } view)
        {
            result = SendResult.Of(view);
            if (view.EndedAt is not null) status = StatusCodes.Status200OK;
        }
        return TypedResults.Json(result, ApiJson.Wire.SendResult, statusCode: status);
    }

    private static async Task<MessageView?> WaitAsync(HttpContext context, RunningNode node, Guid id, Duration? timeout)
    {
        var most = timeout?.Value ?? TimeSpan.FromSeconds(10);
        using var ends = new CancellationTokenSource(most < MostWait ? most : MostWait, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ends.Token, Waits.Token(context));
        var view = await node.Kernel.Outbox.WaitForEndAsync(id, either.Token);
        await either.CancelAsync();
        return view;
    }

    private static async Task<IResult> ListAsync(
        RunningNode node, string? state = null, string? to = null, long after = 0, int limit = 100)
    {
        var query = new MessageQuery(
            StateText.Parse(state), to is null ? null : PeerReference.Resolve(to, node.Kernel.Peers),
            after, Waits.Limit(limit));
        var views = await node.Kernel.Outbox.ListAsync(query);
        return TypedResults.Json(
            new MessageList(Bodies(views, node), Next(views, query.Limit)), ApiJson.Wire.MessageList);
    }

    private static async Task<IResult> FindAsync(Guid id, RunningNode node) =>
        await node.Kernel.Outbox.FindAsync(id) is { } view
            ? TypedResults.Json(MessageBody.Of(view, node.Kernel.Peers, history: true), ApiJson.Wire.MessageBody)
            : NotFound(id);

    /// <summary>Answers a change with the message as it stands then; 204 where it is gone.</summary>
    public static async Task<IResult> ChangeAsync(Guid id, Task<ChangeResult> change, RunningNode node) =>
        await change switch
        {
            ChangeResult.Done => await node.Kernel.Outbox.FindAsync(id) is { } view
                ? TypedResults.Json(MessageBody.Of(view, node.Kernel.Peers), ApiJson.Wire.MessageBody)
                : TypedResults.NoContent(),
            ChangeResult.NotFound => NotFound(id),
            ChangeResult.WrongState => ProblemBody.Result(409, "the message's state does not allow this", id),
            _ => ProblemBody.Result(503, "the store failed, and a restart may undo this; trying again is safe", id),
        };

    public static List<MessageBody> Bodies(IReadOnlyList<MessageView> views, RunningNode node) =>
        views.Select(v => MessageBody.Of(v, node.Kernel.Peers)).ToList();

    public static long? Next(IReadOnlyList<MessageView> views, int limit) => views.Count < limit ? null : views[^1].Cursor;

    /// <summary>The HTTP status of a verdict.</summary>
    public static int SendStatusOf(SendVerdict verdict) => verdict switch
    {
        SendVerdict.Accepted or SendVerdict.Known => StatusCodes.Status202Accepted,
        SendVerdict.Done => StatusCodes.Status200OK,
        SendVerdict.Failed => StatusCodes.Status502BadGateway,
        SendVerdict.Conflict => StatusCodes.Status409Conflict,
        SendVerdict.UnknownPeer => StatusCodes.Status404NotFound,
        SendVerdict.TooLarge => StatusCodes.Status413PayloadTooLarge,
        SendVerdict.Full => StatusCodes.Status507InsufficientStorage,
        SendVerdict.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    private static string Words(SendVerdict verdict) => verdict switch
    {
        SendVerdict.Conflict => "this id was accepted before, with other content",
        SendVerdict.UnknownPeer => "there is no such peer",
        SendVerdict.TooLarge => "the message is over delivery.limits.payload",
        SendVerdict.Full => "a limit of the outbox is reached",
        _ => "the message was not accepted",
    };

    private static IResult NotFound(Guid id) => ProblemBody.Result(404, "there is no such message", id);
}
