using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Benchmarks.Sync;
using PluginNode.Events;
using PluginNode.FileStore;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Sync;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>Puts nodes into a folder that recover from each other, and events into them before they run.</summary>
internal static class SyncNodes
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static EventKinds Kinds { get; } = NaraKinds.All();

    /// <summary>A node that has its key and knows the emitters of the corpus.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="chain">The key <c>sync.chain</c>; null: all strategies.</param>
    /// <param name="memory">The key <c>node.memory</c>.</param>
    public static NodeProcess Make(string folder, string name, string[]? chain, string memory = "medium")
    {
        var node = new NodeProcess(folder, name);
        node.Configuration["node"]!["memory"] = memory;
        node.Configuration["node"]!["trust"] = "configured";
        if (chain is not null)
            node.Configuration["sync"] = new JsonObject
            {
                ["chain"] = new JsonArray([.. chain.Select(c => (JsonNode)c)]),
            };
        Directory.CreateDirectory(node.Data);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(node.Data, Private);
        for (var e = 0; e < EventCorpus.Emitters; e++)
        {
            using var emitter = EventCorpus.IdentityOf(e);
            Know(node, EventCorpus.NameOf(e), emitter.Self, null);
        }
        return node;
    }

    /// <summary>A node that holds events and asks nobody for more.</summary>
    public static async Task<NodeProcess> HolderAsync(string folder, string name, IReadOnlyList<Event> events)
    {
        var node = Make(folder, name, []);
        await FillAsync(node, events);
        return node;
    }

    public static PeerId IdOf(NodeProcess node)
    {
        using var identity = IdentityOf(node);
        return identity.Self;
    }

    /// <summary>Makes <paramref name="reader"/> recover from <paramref name="neighbour"/>.</summary>
    public static void Introduce(NodeProcess reader, NodeProcess neighbour)
    {
        Know(reader, neighbour.Name, IdOf(neighbour), neighbour.MeshAddress);
        Know(neighbour, reader.Name, IdOf(reader), null);
    }

    /// <summary>Puts a peer into its configuration.</summary>
    public static void Know(NodeProcess node, string name, PeerId id, string? address)
    {
        node.Configuration["peers"]!.AsArray().Add(new JsonObject
        {
            ["name"] = name, ["publicKey"] = Convert.ToBase64String(id.ToPublicKey()),
            ["addresses"] = address is null ? [] : new JsonArray(address),
        });
        node.WriteConfiguration();
    }

    /// <summary>Puts events into the ledger of a node that does not run, and closes its store.</summary>
    /// <param name="node">It.</param>
    /// <param name="events">They; each has to be one that it takes.</param>
    /// <param name="strangers">Emitters besides those of the corpus.</param>
    public static async Task FillAsync(NodeProcess node, IReadOnlyList<Event> events, params Peer[] strangers)
    {
        using var identity = IdentityOf(node);
        var emitters = Enumerable.Range(0, EventCorpus.Emitters).Select(EmitterOf);
        var store = new FileRecordStore(new FolderDisk(node.Store), new FileStoreOptions(), NullLogger.Instance);
        await using var kernel = await NodeKernel.OpenAsync(
            new KernelParts(
                identity, [], store, new PeerBook([.. emitters, .. strangers]), TimeProvider.System,
                new SystemChance(TimeProvider.System), NullLoggerFactory.Instance)
            {
                Kinds = Kinds, SignatureChecks = new ParallelSignatureChecks(),
            },
            new KernelOptions { Ledger = new LedgerOptions { Name = node.Name, Profile = MemoryProfile.Medium } },
            CancellationToken.None);
        var merged = 0;
        foreach (var part in events.Chunk(5_000))
            merged += (await kernel.Intake.MergeAsync("corpus", part, CancellationToken.None)).Merged;
        Assert.That(merged, Is.EqualTo(events.Count), $"{node.Name} holds what it is to hold");
        await kernel.StopAsync(new CancellationToken(canceled: true));
    }

    private static Peer EmitterOf(int number)
    {
        using var identity = EventCorpus.IdentityOf(number);
        return new Peer(EventCorpus.NameOf(number), identity.Self, []);
    }

    private static NodeIdentity IdentityOf(NodeProcess node) =>
        NodeIdentity.LoadOrCreate(Path.Combine(node.Data, "identity.pem"));
}
