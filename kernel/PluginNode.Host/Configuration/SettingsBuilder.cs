using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Sync;

namespace PluginNode.Configuration;

/// <summary>Checks what the types of the sections can't say, and resolves what the node needs from them.</summary>
internal static class SettingsBuilder
{
    /// <summary>Adds every problem; null where there is any.</summary>
    public static NodeSettings? Build(string file, NodeConfiguration sections, List<string> problems)
    {
        Name("node.name", sections.Node.Name, problems);
        Filled("node.data", sections.Node.Data, problems);
        Filled("node.identity", sections.Node.Identity, problems);
        Filled("api.tokenFile", sections.Api.TokenFile, problems);
        Filled("plugins.folder", sections.Plugins.Folder, problems);
        if (sections.Plugins.Trust is not ("any" or "pinned"))
            problems.Add("plugins.trust: any or pinned is needed");
        foreach (var (id, hash) in sections.Plugins.Pins)
            if (hash.Length != 64 || !hash.All(char.IsAsciiHexDigit))
                problems.Add($"plugins.pins.{id}: a SHA-256 of 64 hexadecimal digits is needed");

        var listen = Listen(sections.Api, problems);
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var profile = MemoryProfile.Find(sections.Node.Memory, available);
        if (sections.Node.Trust is not ("configured" or "first-use"))
            problems.Add("node.trust: configured or first-use is needed");
        if (profile is null) problems.Add("node.memory: auto, short, medium or hog is needed");
        var kernel = KernelOptionsBuilder.Build(sections.Delivery, sections.Inbox, problems) with
        {
            Ledger = new LedgerOptions
            {
                Name = sections.Node.Name, Profile = profile ?? MemoryProfile.Medium,
                LearnsKeys = sections.Node.Trust == "first-use", KeepsHearsay = sections.Node.Hearsay,
            },
            Sync = sections.Sync.Build(problems),
        };
        var peers = Peers(sections.Peers, problems);
        return problems.Count > 0 || listen is null ? null : new NodeSettings
        {
            File = file,
            Sections = sections,
            Listen = listen,
            Kernel = kernel,
            Peers = peers,
        };
    }

    private static Uri? Listen(ApiSection api, List<string> problems)
    {
        if (!Uri.TryCreate(api.Listen, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp
            || url.PathAndQuery != "/" || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            problems.Add("api.listen: a URL such as http://127.0.0.1:7400 is needed");
            return null;
        }
        if (url.HostNameType == UriHostNameType.Dns && url.Host != "localhost")
            problems.Add("api.listen: an IP address or localhost is needed, not a name");
        else if (!url.IsLoopback && !api.Public)
            problems.Add("api.listen: is not loopback; whoever reaches it needs only the token. Set api.public to allow that");
        return url;
    }

    private static List<Peer> Peers(IReadOnlyList<PeerSection> sections, List<string> problems)
    {
        var peers = new List<Peer>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new Dictionary<PeerId, int>();
        foreach (var (index, section) in sections.Index())
        {
            var path = $"peers[{index}]";
            Name($"{path}.name", section.Name, problems);
            if (!names.TryAdd(section.Name, index))
                problems.Add($"{path}.name: '{section.Name}' is the name of peers[{names[section.Name]}] already");
            if (PeerText.KeyProblem(section.PublicKey, out var id) is { } problem)
                problems.Add($"{path}.publicKey: {problem}");
            else if (!keys.TryAdd(id, index))
                problems.Add($"{path}.publicKey: is the key of peers[{keys[id]}] already");
            peers.Add(new Peer(section.Name, id, PeerText.Addresses(section.Addresses, $"{path}.addresses", problems))
            {
                SendOnly = section.SendOnly,
            });
        }
        return peers;
    }

    private static void Name(string path, string name, List<string> problems)
    {
        if (!PeerBook.IsName(name)) problems.Add($"{path}: {PeerText.NameForm}");
    }

    private static void Filled(string path, string? text, List<string> problems)
    {
        if (text is not null && (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal)))
            problems.Add($"{path}: a path is needed");
    }
}
