namespace PluginNode.Api;

/// <summary>What the OpenAPI document says of routes.</summary>
internal static class RouteDocumentation
{
    /// <summary>The problems that a route answers with.</summary>
    public static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.Produces<ProblemBody>(status, ProblemBody.MediaType);
        return route;
    }
}
