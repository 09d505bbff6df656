using System.Buffers;
using System.Text.Json;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Events;
using PluginNode.Ledger;
using PluginNode.Storage;
using EventId = PluginNode.Events.EventId;

namespace PluginNode.Api;

/// <summary>The body of <c>POST /v1/events</c>.</summary>
public sealed record EventPost
{
    /// <summary>What kind of event: 1 to 64 bytes without <c>:</c> and control characters.</summary>
    public required string Service { get; init; }

    /// <summary>What happened; any JSON, at most 64 KiB.</summary>
    public required JsonElement Data { get; init; }
}

/// <summary><c>/v1/events</c>: the ledger. Events are shown as they stand on the wires, byte for byte.</summary>
internal static class EventRoutes
{
    internal const string Json = "application/json; charset=utf-8";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/events", RecordAsync)
            .WithSummary("Record an event of this node: signed, and on stable storage")
            .Body<EventPost>().Produces(201).Problems(400, 409, 413, 503, 507);
        routes.MapGet("/v1/events", List)
            .WithSummary("Events: mode page (oldest first, from a cursor on), recent (newest first) or sample; with "
                + "hearsay=true unsigned events instead, which are kept apart where node.hearsay is set")
            .Produces<EventList>().Problems(400, 409);
        routes.MapGet("/v1/events/{id}", Find).WithSummary("One event").Produces(200).Problems(400, 404);
    }

    private static async Task<IResult> RecordAsync(HttpContext context, RunningNode node)
    {
        if (node.Settings.Sections.Node.ReadOnly)
            return ProblemBody.Result(StatusCodes.Status409Conflict, LateLedger.NoRecording);
        var body = await JsonBody.ReadAsync(context.Request, ApiJson.Wire.EventPost);
        RecordedEvent recorded;
        try
        {
            recorded = await node.Kernel.Events.RecordAsync(
                body.Service, JsonSerializer.SerializeToUtf8Bytes(body.Data, ApiJson.Wire.JsonElement));
        }
        // An element is looked into when it is written: half of a surrogate pair shows then.
        catch (JsonException e) when (e.InnerException is InvalidOperationException)
        {
            throw new ProblemException(StatusCodes.Status400BadRequest, $"data: {StrictJson.NoText}");
        }
        catch (StoreException e)
        {
            var full = e is StoreFullException;
            return ProblemBody.Result(
                full ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        if (recorded.Event is not { } @event)
            return ProblemBody.Result(
                recorded.Verdict == EventVerdict.TooLarge
                    ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest,
                recorded.Problem!);
        context.Response.Headers.Location = $"/v1/events/{@event.Id}";
        return One(@event, node, StatusCodes.Status201Created);
    }

    private static EventsResult List(
        RunningNode node, string? mode = null, string[]? service = null, string[]? subject = null, string? after = null,
        long since = 0, int limit = 100, bool hearsay = false)
    {
        if (since < 0)
            throw new ProblemException(
                StatusCodes.Status400BadRequest, "since: nanoseconds since 1970 are needed, 0 or more");
        if (after is not null && ModeOf(mode) != LedgerMode.Page)
            throw new ProblemException(
                StatusCodes.Status400BadRequest, "after: only mode page goes on behind a cursor");
        var query = new LedgerQuery
        {
            Mode = ModeOf(mode), Services = service ?? [], Subjects = subject ?? [], Since = since,
            Limit = Waits.Limit(limit), After = CursorOf(after),
        };
        if (!hearsay) return new EventsResult(node.Kernel.Ledger.Read(query), node.Codec);
        if (node.Kernel.Hearsay is not { } kept)
            throw new ProblemException(
                StatusCodes.Status409Conflict,
                "node.hearsay is not set: unsigned events are counted as rejected, and not kept");
        if (query.Mode == LedgerMode.Sample)
            throw new ProblemException(StatusCodes.Status400BadRequest, "mode: of hearsay there is page and recent");
        return new EventsResult(kept.Read(query), node.Codec);
    }

    private static IResult Find(RunningNode node, string id)
    {
        if (!EventId.TryParse(id, out var parsed))
            return ProblemBody.Result(
                StatusCodes.Status400BadRequest, "id: 32 hexadecimal digits in lower case are needed");
        return node.Kernel.Ledger.Find(parsed) is { } @event
            ? One(@event, node, StatusCodes.Status200OK)
            : ProblemBody.Result(StatusCodes.Status404NotFound, $"there is no event {id}");
    }

    private static JsonResult One(Event @event, RunningNode node, int status)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        node.Codec.Encode(@event, json);
        return new JsonResult(json.WrittenMemory, status);
    }

    private static LedgerMode ModeOf(string? mode) => mode switch
    {
        null or "page" => LedgerMode.Page,
        "recent" => LedgerMode.Recent,
        "sample" => LedgerMode.Sample,
        _ => throw new ProblemException(StatusCodes.Status400BadRequest, "mode: page, recent or sample is needed"),
    };

    private static LedgerCursor? CursorOf(string? after) => after is null ? null : LedgerCursor.Parse(after)
        ?? throw new ProblemException(StatusCodes.Status400BadRequest, "after: the 'next' of another page is needed");

    private sealed class JsonResult(ReadOnlyMemory<byte> json, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = Json;
            httpContext.Response.ContentLength = json.Length;
            return httpContext.Response.Body.WriteAsync(json).AsTask();
        }
    }
}
