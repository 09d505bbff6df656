using System.Text.Json.Serialization;

namespace PluginNode.MeshHttp.Client;

/// <summary>What <c>POST /pluginnode/days</c> answers.</summary>
/// <param name="Days">Oldest first.</param>
internal sealed record DaysAnswer(IReadOnlyList<DaysAnswer.Entry?>? Days)
{
    /// <param name="Day">E.g. <c>2026-01-31</c>, UTC.</param>
    /// <param name="Count">Events of that day.</param>
    /// <param name="Fingerprint">32 hexadecimal digits.</param>
    internal sealed record Entry(string? Day, int Count, string? Fingerprint);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DaysAnswer))]
internal sealed partial class DaysJson : JsonSerializerContext;
