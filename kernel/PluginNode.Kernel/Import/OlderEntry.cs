using System.Globalization;
using System.Text.Json.Serialization;
using PluginNode.Identity;

namespace PluginNode.Import;

/// <summary>A message that an older program kept.</summary>
public sealed class OlderEntry
{
    internal OlderEntry(Guid id, StoredOlder entry)
    {
        (Id, PeerText, Protocol, AddedAt) = (id, entry.Addr.Id, entry.Protocol, entry.AddedAt);
        Payload = entry.Payload ?? [];
        if (PeerId.TryParse(PeerText, out var peer)) Peer = peer;
        var addresses = new List<PeerAddress>();
        foreach (var text in entry.Addr.Addrs)
            if (PeerAddress.TryParse(text, out var address)) addresses.Add(address);
        Addresses = addresses;
        Attributes = Named(
            ("did", entry.Did), ("user", entry.User), ("addedAt", AddedAt),
            ("dt", entry.DataType?.ToString(CultureInfo.InvariantCulture) ?? ""));
    }

    /// <summary>What it is called here: it follows from its content, so that the same entry has the same one
    /// again.</summary>
    public Guid Id { get; }

    /// <summary>Whom it is for, as the file names it.</summary>
    public string PeerText { get; }

    /// <summary>The same; null where that is no Ed25519 peer id.</summary>
    public PeerId? Peer { get; }

    /// <summary>Where the peer was; what is no address is left out.</summary>
    public IReadOnlyList<PeerAddress> Addresses { get; }

    /// <summary>What the message is for.</summary>
    public string Protocol { get; }

    /// <summary>What was to be written to the peer.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>When it was taken, as the file says it.</summary>
    public string AddedAt { get; }

    /// <summary>What else the file says of it: <c>did</c>, <c>user</c>, <c>dt</c>, <c>addedAt</c>, where they are not
    /// empty.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; }

    private static Dictionary<string, string> Named(params ReadOnlySpan<(string Name, string Value)> all)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in all)
            if (value.Length > 0) named.Add(name, value);
        return named;
    }
}

/// <summary>How the file names things. A member that is not known is an error: what it means would be lost.</summary>
[JsonSourceGenerationOptions(
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(List<StoredOlder?>), TypeInfoPropertyName = "StoredListJson")]
internal sealed partial class OlderJson : JsonSerializerContext;

internal sealed record StoredOlder
{
    [JsonPropertyName("did")]
    public required string Did { get; init; }

    [JsonPropertyName("addr")]
    public required StoredOlderPeer Addr { get; init; }

    [JsonPropertyName("dt")]
    public long? DataType { get; init; }

    [JsonPropertyName("user")]
    public required string User { get; init; }

    [JsonPropertyName("payload")]
    public byte[]? Payload { get; init; }

    [JsonPropertyName("proto")]
    public required string Protocol { get; init; }

    [JsonPropertyName("retries")]
    public int Retries { get; init; }

    [JsonPropertyName("added_at")]
    public required string AddedAt { get; init; }
}

internal sealed record StoredOlderPeer
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    [JsonPropertyName("Addrs")]
    public required IReadOnlyList<string> Addrs { get; init; }
}
