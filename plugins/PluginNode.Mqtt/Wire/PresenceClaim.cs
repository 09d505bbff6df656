using System.Buffers;
using System.Text.Json;
using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.Mqtt.Wire;

/// <summary>What a presence event of the nara network claims, before anybody has verified it.</summary>
/// <param name="Service"><see cref="HeyThere"/> or <see cref="Chau"/>.</param>
/// <param name="Emitter">Whose word it would be; not empty.</param>
internal sealed record PresenceClaim(string Service, string Emitter)
{
    /// <summary>The service of a word that somebody came.</summary>
    public const string HeyThere = "hey-there";

    /// <summary>The service of a goodbye.</summary>
    public const string Chau = "chau";

    /// <summary>Whether it says that somebody is there.</summary>
    public bool IsUp => Service == HeyThere;

    /// <summary>The data of a <see cref="HeyThere"/> that announces this name and key, as nara writes it. This node has
    /// no address in a mesh and no nara id, and the whole event is signed.</summary>
    public static byte[] HeyThereOf(string name, PeerId key) =>
        Write(name, key, ",\"MeshIP\":\"\",\"ID\":\"\",\"Signature\":\"\"}"u8);

    /// <summary>The data of a <see cref="Chau"/>.</summary>
    public static byte[] ChauOf(string name, PeerId key) => Write(name, key, ",\"ID\":\"\",\"Signature\":\"\"}"u8);

    /// <summary>Reads service and emitter as the node's own reading of events has them: a member that stands there
    /// twice is refused, so that what is verified has the same. Null for what is no presence event of
    /// somebody.</summary>
    public static PresenceClaim? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var (service, emitter) = ((string?)null, (string?)null);
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isService, isEmitter) = (MemberName.Is(reader, "svc"u8), MemberName.Is(reader, "emitter"u8));
                reader.Read();
                if (!isService && !isEmitter) reader.Skip();
                else if (reader.TokenType != JsonTokenType.String) return null;
                else if (isService && service is null) service = reader.GetString();
                else if (isEmitter && emitter is null) emitter = reader.GetString();
                else return null;
            }
            return !reader.Read() && service is HeyThere or Chau && emitter is { Length: > 0 }
                ? new PresenceClaim(service, emitter) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // not JSON, or a text that is not UTF-8 or has half a surrogate pair
            return null;
        }
    }

    private static byte[] Write(string name, PeerId key, ReadOnlySpan<byte> end)
    {
        var data = new ArrayBufferWriter<byte>();
        data.Write("{\"From\":"u8);
        GoText.Write(name, data);
        data.Write(",\"PublicKey\":"u8);
        GoText.Write(Convert.ToBase64String(key.ToPublicKey()), data);
        data.Write(end);
        return data.WrittenSpan.ToArray();
    }
}
