using PluginNode.Storage;

namespace PluginNode.Api;

/// <summary>Turns everything that is not an answer into problem details.</summary>
internal sealed class ApiErrors(RequestDelegate next, ILogger<ApiErrors> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            var response = context.Response;
            if (response is { StatusCode: >= 400, HasStarted: false, ContentType: null })
                await ProblemBody.Of(response.StatusCode, null).WriteAsync(context);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested) return;
            context.Response.Clear();
            await Problem(e, context).WriteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away in the middle of a stream: nobody is left to be told.
        }
    }

    // The framework's words name its types, 'Failed to bind parameter "int limit" from "x".'; a client knows the name
    // only.
    private static string Words(string message) =>
        message.Split('"') is ["Failed to bind parameter ", var parameter, _, .. var value, _]
            ? $"{parameter.Split(' ')[^1]}: '{string.Join('"', value)}' can't be read"
            : message;

    private ProblemBody Problem(Exception e, HttpContext context)
    {
        switch (e)
        {
            case ProblemException problem:
                return ProblemBody.Of(problem.Status, problem.Message);
            case BadHttpRequestException bad:
                return ProblemBody.Of(bad.StatusCode, Words(bad.Message));
            case StoreException store:
                return ProblemBody.Of(
                    StatusCodes.Status503ServiceUnavailable, $"the store failed; trying again is safe: {store.Message}");
            case OperationCanceledException:
                return ProblemBody.Of(StatusCodes.Status503ServiceUnavailable, "the node is stopping");
            default:
                // The route and not the path, in which a peer's name may stand.
                HostLogMessages.RequestFailed(logger, context.GetEndpoint()?.DisplayName ?? "a request", e);
                return ProblemBody.Of(StatusCodes.Status500InternalServerError, "the node failed; its log says how");
        }
    }
}
