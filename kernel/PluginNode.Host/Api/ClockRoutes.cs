using Microsoft.AspNetCore.Http.HttpResults;
using PluginNode.Composition;

namespace PluginNode.Api;

/// <summary>The node's wall clock.</summary>
/// <param name="Now">What it shows.</param>
/// <param name="InDoubt">Whether it moved by more than five minutes and nobody has said yet that it is right: nothing
/// expires until then.</param>
public sealed record ClockBody(DateTimeOffset Now, bool InDoubt);

/// <summary><c>/v1/clock</c>: the operator's word, where no peer can give its signed time.</summary>
internal static class ClockRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/clock", async (RunningNode node) => await BodyAsync(node))
            .WithSummary("What the wall clock shows, and whether it is in doubt").Produces<ClockBody>();
        routes.MapPost("/v1/clock/confirm", ConfirmAsync)
            .WithSummary("Say that the wall clock is right: what was held goes on to expire").Produces<ClockBody>();
    }

    private static async Task<JsonHttpResult<ClockBody>> ConfirmAsync(RunningNode node)
    {
        node.Kernel.ConfirmClock();
        return await BodyAsync(node);
    }

    private static async Task<JsonHttpResult<ClockBody>> BodyAsync(RunningNode node)
    {
        var metrics = await node.Kernel.MetricsAsync();
        return TypedResults.Json(new ClockBody(node.Time.GetUtcNow(), metrics.ClockHeld), ApiJson.Wire.ClockBody);
    }
}
