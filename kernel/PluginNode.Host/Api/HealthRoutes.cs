using Microsoft.AspNetCore.Http.HttpResults;
using PluginNode.Composition;

namespace PluginNode.Api;

/// <summary>What a health route answers.</summary>
/// <param name="Status"><c>live</c>; or <c>starting</c>, <c>ready</c> or <c>stopping</c>.</param>
/// <param name="Faulted">Ids of plugins that do not work.</param>
/// <param name="Recovery">Where recovery stands, as <c>/v1/recovery</c> says it. A node is ready whatever it is:
/// messages are moved without a whole ledger too.</param>
public sealed record HealthBody(string Status, IReadOnlyList<string> Faulted, string? Recovery = null);

/// <summary><c>/health</c> and <c>/metrics</c>: for machines, without a token.</summary>
internal static class HealthRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Json(new HealthBody("live", []), ApiJson.Wire.HealthBody))
            .WithSummary("Whether the process runs").Produces<HealthBody>();
        routes.MapGet("/health/ready", Ready)
            .WithSummary("Whether messages are taken and moved").Produces<HealthBody>().Produces<HealthBody>(503);
        routes.MapGet("/metrics", async (RunningNode node) =>
                TypedResults.Text(
                    MetricsText.Write(
                        await node.Kernel.MetricsAsync(), node.Kernel.Recovery.Totals, node.Kernel.Recovery.State),
                    MetricsText.MediaType))
            .WithSummary("Counters in the Prometheus text format").Produces<string>(200, "text/plain");
    }

    private static JsonHttpResult<HealthBody> Ready(RunningNode node) => TypedResults.Json(
        new HealthBody(
            node.Phase, node.Plugins.All.Where(p => p.Faults.Count > 0).Select(p => p.Id).ToList(),
            Words.Of(node.Kernel.Recovery.State.Phase)),
        ApiJson.Wire.HealthBody, statusCode: node.IsReady ? 200 : 503);
}
