using System.Text.Json.Nodes;
using PluginNode.Benchmarks.Sync;
using PluginNode.EndToEnd.Tests.Sync;
using PluginNode.Events;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.EndToEnd.Tests.Mqtt;

/// <summary>Real nodes that recover from each other though nothing but a broker connects them.</summary>
[TestFixture]
public sealed class LedgerTests : NodesInAFolder
{
    private const int Count = 3_000;

    private static readonly List<Event> Events = EventCorpus.Make(Count, SyncNodes.Kinds, DateTimeOffset.UtcNow);

    private readonly List<NodeProcess> _nodes = [];
    private Mosquitto _broker = null!;

    [SetUp]
    public async Task StartBrokerAsync() => _broker = await Mosquitto.StartAsync("allow_anonymous true");

    [TearDown]
    public async Task StopAll()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        _nodes.Clear();
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Test]
    public async Task Recovery_WithEveryMeshNeighbourDown_ReachesMqtt_AndTheReportSaysSo()
    {
        var node = AtBroker(SyncNodes.Make(Folder, "node", null));
        var far = AtBroker(await SyncNodes.HolderAsync(Folder, "far", Events));
        var dead = SyncNodes.Make(Folder, "dead", []); // never runs
        SyncNodes.Introduce(node, dead);
        SyncNodes.Introduce(node, far); // its mesh is down, too
        foreach (var peer in node.Configuration["peers"]!.AsArray())
            if ((string)peer!["name"]! == "far") peer["addresses"]!.AsArray().Add("mqtt:far");
        node.WriteConfiguration();
        // what answers the mesh strategies over the broker, too
        far.Configuration["plugins"]!["disabled"] = new JsonArray("mesh-http");
        far.Configuration["plugins"]!["settings"]!.AsObject().Remove("mesh-http");
        far.WriteConfiguration();
        await far.StartAsync();
        await node.StartAsync();
        var recovery = await Sync.Recovery.EndedAsync(node);

        Assert.That(
            recovery.Steps.Take(4), Is.EqualTo(new[] { "mesh-pages", "mesh-sample", "mesh-slices", "mqtt-ledger" }),
            recovery.ToString());
        Assert.That(recovery.Strategy, Is.EqualTo("mqtt-ledger"), recovery.ToString());
        Assert.That(recovery.State, Is.EqualTo("recovered"), recovery.ToString());
        Assert.That(recovery.Events, Is.EqualTo(Count), recovery.ToString());
        Assert.That(recovery.Count("far", "merged"), Is.EqualTo(Count), recovery.ToString());
        Assert.That(recovery.Failures("dead"), Is.Not.Empty, recovery.ToString());

        var (exit, output) = await node.CommandAsync(
            "recovery", "ask", "far", "--subjects", EventCorpus.NameOf(0), "--json");
        Assert.That(exit, Is.Zero, output);
        // what the running node logs stands there, too
        var answer = output.Split('\n').Single(l => l.StartsWith("{\"peer\"", StringComparison.Ordinal));
        var step = JsonNode.Parse(answer)!["steps"]!.AsArray()[^1]!;
        Assert.That((string?)step["strategy"], Is.EqualTo("mqtt-ledger"), output);
        Assert.That(
            (int)step["counts"]!["duplicates"]!,
            Is.InRange(1, Count - 1).And.EqualTo((int)step["counts"]!["received"]!),
            "what that one did, and nothing new");
    }

    private NodeProcess AtBroker(NodeProcess node)
    {
        var settings = node.Configuration["plugins"]!["settings"]!;
        settings["mqtt"] = new JsonObject
        {
            ["broker"] = $"mqtt://127.0.0.1:{_broker.Port}", ["presence"] = false, // events are counted here
        };
        settings["mesh-http"] = new JsonObject { ["listen"] = "" };
        node.WriteConfiguration();
        _nodes.Add(node);
        return node;
    }
}
