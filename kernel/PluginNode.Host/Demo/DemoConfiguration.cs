using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginNode.Api;
using PluginNode.Configuration;

namespace PluginNode.Demo;

/// <summary>
/// A node's configuration for the demo: the one that is installed, with a name, ports and a data folder of its own.
/// It knows no plugin: every loopback URL or multiaddr in plugin settings gets a free port.
/// </summary>
internal sealed class DemoConfiguration
{
    // PeerAddress has the scheme "/" for every multiaddr.
    private const string MultiaddrScheme = "/";
    private const string LoopbackTcp = "/ip4/127.0.0.1/tcp/";

    private readonly JsonObject _document;

    private DemoConfiguration(JsonObject document, Uri api)
    {
        _document = document;
        Api = api;
    }

    /// <summary>Where the control API is to listen.</summary>
    public Uri Api { get; }

    /// <summary>The text of the file.</summary>
    public string Text => _document.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    /// <summary>Derives one.</summary>
    /// <param name="installed">The text of the installed configuration.</param>
    /// <param name="pluginsFolder">Where the plugins really lie.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="peers">Whom it knows from the start.</param>
    public static DemoConfiguration Derive(
        string installed, string pluginsFolder, string name, params IEnumerable<PeerSection> peers)
    {
        var document = (JsonObject)JsonNode.Parse(installed, documentOptions: new JsonDocumentOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        })!;
        var api = new Uri($"http://127.0.0.1:{FreePort()}");
        document["node"] = new JsonObject { ["name"] = name };
        document["api"] = new JsonObject { ["listen"] = api.ToString() };
        document["peers"] = new JsonArray([.. peers.Select(p => new JsonObject
        {
            ["name"] = p.Name, ["publicKey"] = p.PublicKey,
            ["addresses"] = new JsonArray([.. p.Addresses.Select(a => JsonValue.Create(a))]),
        })]);
        var plugins = document["plugins"] as JsonObject ?? [];
        document["plugins"] = plugins;
        plugins["folder"] = pluginsFolder;
        if (plugins["settings"] is { } settings) Rewrite(settings);
        return new DemoConfiguration(document, api);
    }

    /// <summary>The first protocol that the policy maps to a level.</summary>
    public string? ProtocolOf(string level) => (_document["delivery"]?["protocols"] as JsonObject)?
        .FirstOrDefault(p => p.Value?.GetValueKind() == JsonValueKind.String && p.Value.GetValue<string>() == level).Key;

    /// <summary>Where other nodes reach it: a transport whose scheme is a URL's own, or ends with it behind a plus, is
    /// reached at that URL of its settings; one for multiaddrs at those of its settings.</summary>
    public List<string> Addresses(PluginList plugins)
    {
        var addresses = new List<string>();
        foreach (var plugin in plugins.Plugins)
            if (_document["plugins"]?["settings"]?[plugin.Id] is { } settings)
                foreach (var place in Places(settings))
                    foreach (var scheme in plugin.Schemes)
                        if (AddressOf(scheme, place) is { } address) addresses.Add(address);
        return addresses;
    }

    private static string? AddressOf(string scheme, JsonNode place)
    {
        if (Loopback(place) is not { } url) return scheme == MultiaddrScheme ? place.GetValue<string>() : null;
        return scheme == url.Scheme || scheme.EndsWith($"+{url.Scheme}", StringComparison.Ordinal)
            ? $"{scheme}://{url.Authority}" : null;
    }

    private static void Rewrite(JsonNode node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    if (IsPlace(value)) members[name] = WithFreePort(value!);
                    else if (value is not null) Rewrite(value);
                }
                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    if (IsPlace(list[i])) list[i] = WithFreePort(list[i]!);
                    else if (list[i] is { } value) Rewrite(value);
                }
                break;
        }
    }

    private static IEnumerable<JsonNode> Places(JsonNode node) => node switch
    {
        JsonObject members => members.SelectMany(m => m.Value is null ? [] : Places(m.Value)),
        JsonArray list => list.SelectMany(v => v is null ? [] : Places(v)),
        _ => IsPlace(node) ? [node] : [],
    };

    private static bool IsPlace(JsonNode? node) => IsLoopbackTcp(node) || Loopback(node) is not null;

    private static bool IsLoopbackTcp(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String
        && node.GetValue<string>() is var text && text.StartsWith(LoopbackTcp, StringComparison.Ordinal)
        && ushort.TryParse(text.AsSpan(LoopbackTcp.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static Uri? Loopback(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String
        && Uri.TryCreate(node.GetValue<string>(), UriKind.Absolute, out var url) && url.IsLoopback && !url.IsFile
            ? url
            : null;

    private static JsonValue WithFreePort(JsonNode place) => JsonValue.Create(Loopback(place) is { } url
        ? $"{url.Scheme}://{url.Host}:{FreePort()}{(url.PathAndQuery == "/" ? "" : url.PathAndQuery)}"
        : $"{LoopbackTcp}{FreePort()}");

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
