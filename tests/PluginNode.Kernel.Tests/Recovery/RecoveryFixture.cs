using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>Each test has a stage of its own, and its nodes are stopped at its end.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class RecoveryFixture
{
    private readonly List<RecoveryNode> _nodes = [];

    private protected Stage Stage { get; private set; } = null!;

    private protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private protected static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    [SetUp]
    public void SetTheStage() => Stage = new Stage();

    [TearDown]
    public void ClearTheStage()
    {
        try
        {
            foreach (var node in _nodes) node.Stop();
        }
        finally
        {
            Stage.Dispose();
        }
    }

    private protected RecoveryNode Node(
        byte seed = 1, byte[]? knows = null, SyncOptions? sync = null, MemoryProfile? profile = null,
        int chance = 0)
    {
        var node = RecoveryNode.Start(Stage, seed, knows, sync, profile, chance: chance);
        _nodes.Add(node);
        return node;
    }

    /// <summary>A node on what another one that was stopped has kept.</summary>
    private protected RecoveryNode Restarted(
        RecoveryNode node, byte seed = 1, byte[]? knows = null, SyncOptions? sync = null, MemoryProfile? profile = null)
    {
        var again = RecoveryNode.Start(Stage, seed, knows, sync, profile, node.Medium);
        _nodes.Add(again);
        return again;
    }

    private protected void Stop(RecoveryNode node)
    {
        _nodes.Remove(node);
        node.Stop();
    }

    /// <summary>Events of a peer, as they come over a wire.</summary>
    private protected static IReadOnlyList<ReadOnlyMemory<byte>> SomeJson(byte seed, int count, int day = 0) =>
        [.. RecoveryNode.Told(seed, count, day).Select(DirectSync.Json)];

    private protected ScriptedStrategy Script(
        string name, Func<ISyncSession, CancellationToken, Task<SyncReport>> script, int rank = 0) =>
        new(Stage, name, script, rank);
}
