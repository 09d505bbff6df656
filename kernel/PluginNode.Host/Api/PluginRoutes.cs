using System.Text.Json.Serialization;
using PluginNode.Composition;

namespace PluginNode.Api;

/// <summary>A plugin.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><c>loaded</c>, <c>disabled</c>, <c>refused</c> or <c>faulted</c>.</param>
/// <param name="Provides">What it registered, by contract.</param>
/// <param name="Schemes">The schemes of the addresses that its transports take.</param>
/// <param name="Faults">What went wrong.</param>
public sealed record PluginBody(
    string Id, string Version, string State, IReadOnlyList<string> Provides, IReadOnlyList<string> Schemes,
    IReadOnlyList<string> Faults)
{
    internal static PluginBody Of(PluginEntry plugin) =>
        new(plugin.Id, plugin.Version, plugin.State, plugin.Provides, plugin.Schemes, plugin.Faults);
}

/// <summary>All plugins.</summary>
/// <param name="Plugins">By id.</param>
/// <param name="Next">Always null: the list is whole.</param>
public sealed record PluginList(
    IReadOnlyList<PluginBody> Plugins, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? Next);

/// <summary><c>/v1/plugins</c>.</summary>
internal static class PluginRoutes
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/plugins", (RunningNode node) => TypedResults.Json(
                new PluginList(node.Plugins.All.Select(PluginBody.Of).ToList(), null), ApiJson.Wire.PluginList))
            .WithSummary("List plugins").Produces<PluginList>();
}
