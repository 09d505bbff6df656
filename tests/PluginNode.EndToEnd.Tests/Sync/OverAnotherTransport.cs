using System.Text.Json.Nodes;
using PluginNode.Benchmarks.Sync;
using PluginNode.Events;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>The mesh strategies between real nodes that have no mesh addresses of each other. Derive, and say what they
/// have instead.</summary>
public abstract class OverAnotherTransport : NodesInAFolder
{
    private const int Count = 6_000;

    private static readonly List<Event> Events = EventCorpus.Make(Count, SyncNodes.Kinds, DateTimeOffset.UtcNow);

    private readonly List<NodeProcess> _nodes = [];

    /// <summary>Prepares a node that does not run yet.</summary>
    private protected abstract void SetUp(NodeProcess node);

    /// <summary>Where others reach it.</summary>
    private protected abstract string AddressOf(NodeProcess node);

    [TearDown]
    public async Task StopAll()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        _nodes.Clear();
    }

    [Test]
    public async Task TwoThatHoldHalfEach_RecoverTheOtherHalf_ByMeshPages()
    {
        var (one, two) = await PairAsync("mesh-pages");
        foreach (var node in _nodes)
        {
            // Whoever was first found nobody: it tries again when it hears of the other.
            Recovery? recovery = null;
            await Until.TrueAsync(
                async () => (recovery = await Recovery.OfAsync(node)) is { IsUnderWay: false, State: "recovered" },
                $"{node.Name} has recovered", TimeSpan.FromMinutes(2));
            var text = recovery!.ToString();
            var other = node == one ? two : one;
            Assert.That(recovery.Events, Is.EqualTo(Count), text);
            Assert.That(recovery.Strategy, Is.EqualTo("mesh-pages"), text);
            Assert.That(recovery.Neighbours.Take(3), Is.EqualTo(new[] { 1, 1, 1 }), text);
            Assert.That(recovery.Count(other.Name, "received"), Is.GreaterThanOrEqualTo(Count / 2), text);
            Assert.That((string)(await node.GetAsync("/health/ready"))["recovery"]!, Is.EqualTo("recovered"));
        }
    }

    [TestCase("mesh-sample"), TestCase("mesh-slices")]
    public async Task OtherStrategies_BringEventsToo(string strategy)
    {
        var (one, two) = await PairAsync(strategy);
        foreach (var (node, other) in ((NodeProcess, NodeProcess)[])[(one, two), (two, one)])
            await Until.TrueAsync(
                async () => (await Recovery.OfAsync(node)) is { IsUnderWay: false, EndedAt: not null } recovery
                    && recovery.Events > Count / 2 && recovery.Count(other.Name, "merged") > 0,
                $"{node.Name} has got events", TimeSpan.FromMinutes(2));
    }

    private async Task<(NodeProcess One, NodeProcess Two)> PairAsync(string strategy)
    {
        for (var n = 0; n < 2; n++)
        {
            var half = n;
            var node = SyncNodes.Make(Folder, half == 0 ? "one" : "two", [strategy]);
            _nodes.Add(node);
            await SyncNodes.FillAsync(node, [.. Events.Where((_, i) => i % 2 == half)]);
            node.Configuration["plugins"]!["settings"]!["mesh-http"] = new JsonObject { ["listen"] = "" };
            SetUp(node);
        }
        var (one, two) = (_nodes[0], _nodes[1]);
        SyncNodes.Know(one, two.Name, SyncNodes.IdOf(two), AddressOf(two));
        SyncNodes.Know(two, one.Name, SyncNodes.IdOf(one), AddressOf(one));
        await Task.WhenAll(one.StartAsync(), two.StartAsync());
        return (one, two);
    }
}
