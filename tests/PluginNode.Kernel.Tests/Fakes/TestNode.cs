using System.Collections.Concurrent;
using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Peers;

namespace PluginNode.Kernel.Tests.Fakes;

/// <summary>A node on a <see cref="Network"/> whose store outlives it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly Network _wire;
    private readonly byte _seed;
    private readonly FaultLog _faults = new();

    private TestNode(Network wire, byte seed, ListMedium medium, TimeProvider time)
    {
        (_wire, _seed, Medium, Time) = (wire, seed, medium, time);
        Store = new ListStore(medium);
    }

    public ListMedium Medium { get; }
    public ListStore Store { get; }
    public TimeProvider Time { get; }
    public NodeKernel Kernel { get; private set; } = null!;
    public PeerId Id => IdOf(_seed);

    /// <summary>What it said of plugins.</summary>
    public ConcurrentQueue<(string Owner, string What)> PluginFaults { get; } = [];

    public static KernelOptions Options { get; } = new()
    {
        Protocols = new Dictionary<string, string> { ["/c"] = "critical", ["/m"] = "moderate" },
        Retry = new RetryOptions(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50)),
    };

    public static NodeIdentity IdentityOf(byte seed) => NodeIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);

    public static PeerId IdOf(byte seed)
    {
        using var identity = IdentityOf(seed);
        return identity.Self;
    }

    public static async Task<TestNode> StartAsync(
        Network wire, byte seed, ListMedium? medium = null, KernelOptions? options = null, TimeProvider? time = null,
        Action<TestNode>? before = null, params byte[] knows)
    {
        var node = new TestNode(wire, seed, medium ?? new ListMedium(), time ?? TimeProvider.System);
        before?.Invoke(node);
        var peers = (knows.Length > 0 ? knows : [1, 2, 3]).Where(k => k != seed).Select(k => new Peer(
            $"peer-{k}", IdOf(k), [new PeerAddress("wire", $"wire:{k}")])).ToList();
        var parts = new KernelParts(
            IdentityOf(seed), [], node.Store, new PeerBook(peers), node.Time,
            new SeededChance((node.Medium.Lives++ << 8) + seed),
            node._faults)
        {
            PluginFaulted = (owner, what) => node.PluginFaults.Enqueue((owner, what)),
        };
        node.Kernel = await NodeKernel.OpenAsync(parts, options ?? Options, CancellationToken.None);
        wire.Join(node.Id, node.Kernel.TransportHost);
        node.Kernel.Attach(wire.TransportOf(node.Id));
        return node;
    }

    public Task<SendReply> SendAsync(
        byte to, string text, string protocol = "/c", string key = "", Guid? id = null, TimeSpan? ttl = null) =>
        Kernel.Outbox.SendAsync(
            new SendRequest
            {
                To = IdOf(to), Protocol = protocol, Payload = Encoding.UTF8.GetBytes(text), Key = key, Id = id,
                TimeToLive = ttl,
            },
            CancellationToken.None);

    /// <summary>Waits until so many messages are in the inbox, and returns their texts in order.</summary>
    public async Task<List<string>> ReceiveAsync(int count)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var texts = new List<string>();
        for (var after = 0L; texts.Count < count;)
        {
            var query = new InboxQuery(After: after, Limit: 1000, Wait: TimeSpan.FromSeconds(20));
            var page = await Kernel.Inbox.ListAsync(query, timeout.Token);
            texts.AddRange(page.Items.Select(i => Encoding.UTF8.GetString(i.Message.Payload.Span)));
            after = page.Next;
        }
        return texts;
    }

    public async Task<MessageView> EndOfAsync(Guid id)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return (await Kernel.Outbox.WaitForEndAsync(id, timeout.Token))!;
    }

    /// <summary>Ends as kill −9 would: nothing is said to anybody, and the store keeps what was committed.</summary>
    public void Kill()
    {
        _wire.Leave(Id);
        Store.BeforeCommit = _ => new TaskCompletionSource().Task;
    }

    public async ValueTask DisposeAsync()
    {
        _wire.Leave(Id);
        if (Store.BeforeCommit is null) await Kernel.DisposeAsync();
        _faults.AssertNone();
    }
}
