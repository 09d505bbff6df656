using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Kernel.Tests.Ledger;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>Does what a test says, and remembers when it was asked what.</summary>
internal sealed class ScriptedStrategy(
    Stage stage, string name, Func<ISyncSession, CancellationToken, Task<SyncReport>> script, int rank = 0)
    : ISyncStrategy
{
    public string Name => name;

    public int Rank => rank;

    public List<(DateTimeOffset At, SyncPlan Plan)> Runs { get; } = [];

    public IEnumerable<SyncPurpose> Purposes => Runs.Select(r => r.Plan.Purpose);

    public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation)
    {
        Runs.Add((stage.Now, session.Plan));
        return script(session, cancellation);
    }

    /// <summary>Every neighbour answers one call without events.</summary>
    public static Func<ISyncSession, CancellationToken, Task<SyncReport>> Answered(
        SyncOutcome outcome, bool readsToEnd = false) => (session, _) =>
    {
        foreach (var neighbour in session.Plan.Neighbours) session.Called(new NeighbourCall(neighbour, null, 2));
        return Task.FromResult(new SyncReport(outcome, outcome == SyncOutcome.Complete ? null : "as the test says")
        {
            ReadToEnd = readsToEnd ? [.. session.Plan.Neighbours.Select(n => n.Id)] : [],
        });
    };

    /// <summary>Nobody answers.</summary>
    public static Task<SyncReport> Refused(ISyncSession session, CancellationToken cancellation)
    {
        foreach (var neighbour in session.Plan.Neighbours)
            session.Called(new NeighbourCall(neighbour, "connection refused", 0));
        return Task.FromResult(new SyncReport(SyncOutcome.Failed, "nobody answered"));
    }

    /// <summary>Cannot be used.</summary>
    public static Task<SyncReport> Unavailable(ISyncSession session, CancellationToken cancellation) =>
        Task.FromResult(new SyncReport(SyncOutcome.Unavailable));
}

/// <summary>Other nodes of the same test, asked directly: pages of their ledgers, and their days.</summary>
internal sealed class DirectSync(int page = 100) : ISyncStrategy, INeighbourDays
{
    private static readonly EventCodec Codec = new(LedgerKinds.All());

    public string Name => "direct";

    public int Rank => 10;

    /// <summary>Who can be reached.</summary>
    public Dictionary<PeerId, NodeKernel> Nodes { get; } = [];

    /// <summary>Who can say what it holds by day; null: all.</summary>
    public HashSet<PeerId>? Tells { get; init; }

    public List<SyncPlan> Plans { get; } = [];

    public int Received { get; private set; }

    public DirectSync With(params IEnumerable<RecoveryNode> nodes)
    {
        foreach (var node in nodes) Nodes[node.Id] = node.Kernel;
        return this;
    }

    public async Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation)
    {
        Plans.Add(session.Plan);
        var read = new List<PeerId>();
        foreach (var neighbour in session.Plan.Neighbours)
            if (await ReadAsync(session, neighbour, cancellation)) read.Add(neighbour.Id);
        var complete = read.Count == session.Plan.Neighbours.Count;
        return new SyncReport(complete ? SyncOutcome.Complete : read.Count > 0 ? SyncOutcome.Partial : SyncOutcome.Failed)
        {
            ReadToEnd = read,
        };
    }

    public Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation) =>
        Task.FromResult(Nodes.TryGetValue(neighbour.Id, out var node) && Tells?.Contains(neighbour.Id) != false
            ? node.Ledger.Days() : null);

    private async Task<bool> ReadAsync(ISyncSession session, Neighbour neighbour, CancellationToken cancellation)
    {
        var query = new LedgerQuery
        {
            Limit = session.Plan.PageEvents ?? page, Since = neighbour.Since, Services = session.Plan.Services,
        };
        do
        {
            if (!Nodes.TryGetValue(neighbour.Id, out var node))
            {
                session.Called(new NeighbourCall(neighbour, "unreachable", 0));
                return false;
            }
            var answer = node.Ledger.Read(query);
            session.Called(new NeighbourCall(neighbour, null, answer.Events.Count));
            await session.MergeAsync(neighbour, [.. answer.Events.Select(Json)], cancellation);
            Received += answer.Events.Count;
            query = query with { After = answer.Next };
        }
        while (query.After is not null);
        return true;
    }

    public static ReadOnlyMemory<byte> Json(Event @event)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        Codec.Encode(@event, buffer);
        return buffer.WrittenMemory;
    }
}
