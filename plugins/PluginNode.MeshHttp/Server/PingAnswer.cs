using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginNode.MeshHttp.Server;

/// <summary>What <c>GET /ping</c> answers, in the order and with the names of nara's.</summary>
/// <param name="From">The node's name for people, or its peer id.</param>
/// <param name="MeshIp">An address in a tunnel that the node brings itself: empty, as it brings none.</param>
/// <param name="PublicKey">The node's Ed25519 key: base64, 32 bytes.</param>
/// <param name="T">The wall clock, in nanoseconds since 1970.</param>
/// <param name="PluginNode">What a PluginNode can do beyond that; nara's nodes have no such member and pass over
/// it.</param>
internal sealed record PingAnswer(
    string From,
    [property: JsonPropertyName("mesh_ip")] string MeshIp,
    [property: JsonPropertyName("public_key")] string PublicKey,
    long T,
    [property: JsonPropertyName("pluginnode")] IReadOnlyList<string> PluginNode)
{
    // base64 stays readable; no page shows these answers
    private static readonly MeshHttpJson Json = new(new JsonSerializerOptions(MeshHttpJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>One line, in UTF-8.</summary>
    public byte[] ToLine() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json.PingAnswer), (byte)'\n'];
}
