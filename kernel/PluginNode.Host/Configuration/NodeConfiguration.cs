using System.Text.Json;

namespace PluginNode.Configuration;

/// <summary>The file <c>plugins.json</c>, as it stands. Every key has a default, and <c>{}</c> runs.</summary>
/// <remarks>Members can be set because a generated decoder keeps no default of a member that is only
/// initialised.</remarks>
public sealed record NodeConfiguration
{
    /// <summary>Who this node is and where it keeps its data.</summary>
    public NodeSection Node { get; set; } = new();

    /// <summary>The control API.</summary>
    public ApiSection Api { get; set; } = new();

    /// <summary>The id of the plugin that keeps the records. Default: the only installed one that can. <c>memory</c>
    /// keeps nothing and is for tests.</summary>
    public string? Store { get; set; }

    /// <summary>Where plugins lie and what they are told.</summary>
    public PluginsSection Plugins { get; set; } = new();

    /// <summary>What becomes of messages that go out.</summary>
    public DeliverySection Delivery { get; set; } = new();

    /// <summary>What becomes of messages that come in.</summary>
    public InboxSection Inbox { get; set; } = new();

    /// <summary>How the ledger is got from neighbours.</summary>
    public SyncSection Sync { get; set; } = new();

    /// <summary>The peers that the file names; the control API can't change them.</summary>
    public IReadOnlyList<PeerSection> Peers { get; set; } = [];
}

/// <summary>The section <c>node</c>.</summary>
public sealed record NodeSection
{
    /// <summary>What people call it; 1–63 characters without <c>/ + #</c>. Default <c>node</c>.</summary>
    public string Name { get; set; } = "node";

    /// <summary>The data folder. Default <c>data</c>.</summary>
    public string Data { get; set; } = "data";

    /// <summary>The identity file, a private key. Default: <c>identity.pem</c> in the data folder.</summary>
    public string? Identity { get; set; }

    /// <summary>How many events the ledger holds: <c>short</c> (20 000), <c>medium</c> (80 000), <c>hog</c> (320 000),
    /// or <c>auto</c>, by the memory that the machine or the container has. Default <c>auto</c>.</summary>
    public string Memory { get; set; } = "auto";

    /// <summary>Whose events are believed: <c>configured</c>, only those of peers that the file or the API names, or
    /// <c>first-use</c>, also those of others, whose keys are learned from events that announce them and stay. Frames
    /// are taken from named peers either way. Default <c>first-use</c>.</summary>
    public string Trust { get; set; } = "first-use";

    /// <summary>Whether unsigned events are kept, in memory and apart from the ledger, for
    /// <c>GET /v1/events?hearsay=true</c>: at most 5 000, about 16 MiB. They are never passed on. Default
    /// false.</summary>
    public bool Hearsay { get; set; }

    /// <summary>Whether the node only listens: it answers no requests for events, announces nothing and records no
    /// events of its own; messages go in and out all the same. Default false.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Identity files of keys that still open older records. Default none.</summary>
    public IReadOnlyList<string> FormerIdentities { get; set; } = [];
}

/// <summary>The section <c>api</c>.</summary>
public sealed record ApiSection
{
    /// <summary>Where the control API listens. Default <c>http://127.0.0.1:7400</c>; port 0 takes a free one.</summary>
    public string Listen { get; set; } = "http://127.0.0.1:7400";

    /// <summary>The file with the bearer token. Default: <c>api.token</c> in the data folder.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Whether it may listen on something other than loopback. Default false.</summary>
    public bool Public { get; set; }
}

/// <summary>The section <c>plugins</c>.</summary>
public sealed record PluginsSection
{
    /// <summary>Every sub-folder that holds <c>&lt;Name&gt;/&lt;Name&gt;.dll</c> is a plugin. Default
    /// <c>plugins</c>.</summary>
    public string Folder { get; set; } = "plugins";

    /// <summary><c>any</c>, or <c>pinned</c>: only those that <see cref="Pins"/> lists. Default <c>any</c>.</summary>
    public string Trust { get; set; } = "any";

    /// <summary>Plugin id → SHA-256 that it must have, in hexadecimal digits. Default none.</summary>
    public IReadOnlyDictionary<string, string> Pins { get; set; } = Empty<string>();

    /// <summary>Ids of plugins that are not loaded. Default none.</summary>
    public IReadOnlyList<string> Disabled { get; set; } = [];

    /// <summary>Plugin id → its own settings, which only the plugin reads.</summary>
    public IReadOnlyDictionary<string, JsonElement> Settings { get; set; } = Empty<JsonElement>();

    private static Dictionary<string, T> Empty<T>() => new(StringComparer.Ordinal);
}

/// <summary>One entry of <c>peers</c>.</summary>
public sealed record PeerSection
{
    /// <summary>Local and unique: 1–63 characters without <c>/ + #</c> or control characters.</summary>
    public required string Name { get; set; }

    /// <summary>Its Ed25519 public key, 32 bytes in base64.</summary>
    public required string PublicKey { get; set; }

    /// <summary>Where it may be reached, the preferred one first. Default none: then it is only listened to.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>Whether it is only sent to, and nothing that it sends is taken. Default false.</summary>
    public bool SendOnly { get; set; }
}
