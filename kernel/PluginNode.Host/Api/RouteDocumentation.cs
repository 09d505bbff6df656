using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace PluginNode.Api;

/// <summary>What the OpenAPI document says of routes.</summary>
internal static class RouteDocumentation
{
    private const string AnyType = "*/*";

    /// <summary>The body of a route. Any media type is taken, so that a plain <c>curl -d</c> works; one is
    /// documented.</summary>
    public static RouteHandlerBuilder Body<T>(this RouteHandlerBuilder route, string mediaType = "application/json")
        where T : notnull => route.Accepts<T>(mediaType, AnyType);

    /// <summary>What stands in the document beyond the routes.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "PluginNode control API", Version = "v1" };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody?.Content?.Remove(AnyType);
            return Task.CompletedTask;
        });
    }

    /// <summary>The problems that a route answers with.</summary>
    public static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.Produces<ProblemBody>(status, ProblemBody.MediaType);
        return route;
    }
}
