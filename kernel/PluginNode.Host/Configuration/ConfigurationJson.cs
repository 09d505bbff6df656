using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.Configuration;

/// <summary>How <c>plugins.json</c> is decoded.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NodeConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
