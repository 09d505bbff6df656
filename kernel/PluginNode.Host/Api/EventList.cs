using System.Text.Json;

namespace PluginNode.Api;

/// <summary>A page of events.</summary>
/// <param name="Events">Each as it stands on the wires: <c>id</c>, <c>ts</c> (nanoseconds), <c>svc</c>, <c>emitter</c>,
/// <c>sig</c> and the service's own member.</param>
/// <param name="Next">For <c>mode=page</c>: where the next page begins; null where this was the last.</param>
public sealed record EventList(IReadOnlyList<JsonElement> Events, string? Next);
