using System.Security.Cryptography;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>One end of a sync, with a real key: a server, and a client with the same name.</summary>
internal sealed class SyncEnd : IAsyncDisposable, IEventKeys
{
    private readonly Dictionary<string, PeerId> _keys = new(StringComparer.Ordinal);

    public SyncEnd(
        string name, MeshHttpOptions? options = null, NodeIdentity? identity = null, TimeProvider? time = null)
    {
        Identity = identity ?? NodeIdentity.FromSeed(RandomNumberGenerator.GetBytes(32));
        Options = options ?? new MeshHttpOptions();
        Options.Listen = "http://127.0.0.1:0";
        Node = new MeshNode(Identity, Peers, time ?? Time, new RealChance(), Logs);
        Parts = new SyncParts(Ledger, Ledger, new NaraSigner(Identity, name), this);
        Client = new SyncClient(Options, Node, Parts);
    }

    public OffsetTime Time { get; } = new();

    public PeerList Peers { get; } = new();

    public RecordingLoggers Logs { get; } = new();

    public MemoryLedger Ledger { get; } = new();

    public NodeIdentity Identity { get; }

    public MeshHttpOptions Options { get; }

    public MeshNode Node { get; }

    public SyncParts Parts { get; }

    /// <summary>Whether others are answered, until it is started.</summary>
    public bool Answers { get; init; } = true;

    public MeshHttpTransport Transport => field ??= new(Options, Node, Parts with { Answers = Answers });

    public SyncClient Client { get; }

    public string Name => Parts.Signer.Name;

    public Uri Url => new(Transport.BoundAddress!["mesh+".Length..]);

    public SyncNeighbour Neighbour => new(Name, Identity.Self, TestNode.Parse(Transport.BoundAddress!));

    public long Now => Node.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Knows(string name, PeerId key) => _keys[name] = key;

    public void Forgets(SyncEnd other) => _keys.Remove(other.Name);

    public void Knows(SyncEnd other) => Knows(other.Name, other.Identity.Self);

    public IReadOnlyList<string> Names() => [.. _keys.Keys.Order(StringComparer.Ordinal)];

    public PeerId? Find(string name) => _keys.TryGetValue(name, out var key) ? key : null;

    public async Task<SyncEnd> StartAsync()
    {
        await Transport.StartAsync(new RecordingHost(), CancellationToken.None);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Transport.StopAsync(CancellationToken.None);
        Logs.Dispose();
    }
}
