using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PluginNode.Composition;
using PluginNode.Identity;

namespace PluginNode.Commands;

/// <summary>What others need to know of this node to list it as a peer.</summary>
internal sealed record IdentityBody(string Name, string PeerId, string Did, string PublicKey, string IdentityFile);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IdentityBody))]
internal sealed partial class IdentityJson : JsonSerializerContext;

/// <summary><c>pluginnode identity</c>.</summary>
internal static class IdentityCommand
{
    public static Command Create()
    {
        var command = new Command("identity", "Show who this node is; makes the key where there is none");
        command.SetAction(parsed =>
        {
            var settings = Shared.Settings(parsed);
            using var identity = Load(settings.IdentityFile);
            var body = new IdentityBody(
                settings.Sections.Node.Name, identity.Self.ToString(), identity.Did,
                Convert.ToBase64String(identity.Self.ToPublicKey()), settings.IdentityFile);
            Shared.Screen(parsed).Fields(JsonSerializer.Serialize(body, Relaxed.IdentityBody),
            [
                ("name", body.Name), ("peer id", body.PeerId), ("did", body.Did), ("public key", body.PublicKey),
                ("identity file", body.IdentityFile),
            ]);
            return ExitCode.Done;
        });
        return command;
    }

    private static readonly IdentityJson Relaxed = new(
        new JsonSerializerOptions(IdentityJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static NodeIdentity Load(string path)
    {
        try
        {
            return NodeIdentity.LoadOrCreate(path);
        }
        catch (IdentityException e)
        {
            throw new StartException($"node.identity: {e.Message}");
        }
    }
}
