using System.Text.Json.Nodes;
using PluginNode.Logging;

namespace PluginNode.Host.Tests;

/// <summary>What plugins bring for sync, as a node loads it: what one does wrong is its own fault.</summary>
public sealed class SyncPluginTests
{
    private readonly TemporaryFolder _plugins = new();

    [OneTimeSetUp]
    public void Install()
    {
        BuiltPlugins.Install("FaultySyncPlugin", _plugins);
        BuiltPlugins.Install("OtherSyncPlugin", _plugins);
    }

    [OneTimeTearDown]
    public void Remove() => _plugins.Dispose();

    [Test]
    public async Task Start_TwoStrategiesOfOneName_TheSecondPluginIsFaulted_AndItsOthersStay()
    {
        await using var node = await TestNode.StartAsync(BuiltPlugins.Configuration(_plugins));
        var faults = await FaultsAsync(node, "other-sync");
        var (_, recovery) = await node.GetAsync("/v1/recovery");
        Assert.Multiple(() =>
        {
            Assert.That(faults, Does.Contain("the plugin 'faulty-sync' provides the sync strategy 'twice' already"));
            Assert.That(faults, Does.Contain("sync strategy: NotSupportedException: no name"));
            Assert.That(recovery!["chain"]!.AsArray().Select(c => (string?)c), Is.EqualTo(["twice", "once"]));
        });
    }

    [Test]
    public async Task Chain_NamesWhatIsNotThere_IsAWarning_AndTheRestIsUsedInThatOrder()
    {
        await using var log = new WatchedLog();
        using var loggers = LineLogs.Create(log, TimeProvider.System);
        await using var node = await TestNode.StartAsync(
            BuiltPlugins.Configuration(_plugins, """ "sync": { "chain": ["nowhere", "once", "twice"] } """), loggers);
        var (_, recovery) = await node.GetAsync("/v1/recovery");
        Assert.That(recovery!["chain"]!.AsArray().Select(c => (string?)c), Is.EqualTo(["once", "twice"]));
        Assert.That(
            log.Text,
            Does.Contain("sync.chain: no plugin provides 'nowhere', so it is left out; known are twice, once"));
    }

    [Test]
    public async Task Presence_ThatThrows_IsAFault_AndThePeersAreShown()
    {
        await using var node = await TestNode.StartAsync(BuiltPlugins.Configuration(_plugins));
        using var identity = Identity.NodeIdentity.LoadOrCreate(Path.Combine(node.Folder, "bob.pem"));
        var (status, peer) = await node.CallAsync(
            HttpMethod.Put, "/v1/peers/bob",
            $$"""{ "publicKey": "{{Convert.ToBase64String(identity.Self.ToPublicKey())}}" }""");
        Assert.That(((int)status, peer!["presence"]), Is.EqualTo((200, (JsonNode?)null)));
        for (var i = 0; i < 3; i++) Assert.That((int)(await node.GetAsync("/v1/peers")).Status, Is.EqualTo(200));
        var faults = await FaultsAsync(node, "faulty-sync");
        Assert.That(
            faults.Where(f => f.Contains("presence", StringComparison.Ordinal)),
            Is.EqualTo(["presence: OutOfOrderException: the presence is out of order"]));
    }

    [Test]
    public async Task Projection_ThatThrows_IsAFaultOfItsPlugin()
    {
        await using var node = await TestNode.StartAsync(BuiltPlugins.Configuration(_plugins));
        // It is called in the background; a stop waits for it.
        await node.Host.StopAsync(CancellationToken.None);
        Assert.That(
            node.Host.Node.Plugins.All.Single(p => p.Id == "faulty-sync").Faults,
            Has.Some.Contain("OutOfOrderException: the projection is out of order"));
    }

    private static async Task<List<string>> FaultsAsync(TestNode node, string plugin)
    {
        var (_, body) = await node.GetAsync("/v1/plugins");
        var entry = body!["plugins"]!.AsArray().Single(p => (string?)p!["id"] == plugin)!;
        Assert.That((string?)entry["state"], Is.EqualTo("faulted"), entry.ToJsonString());
        return [.. entry["faults"]!.AsArray().Select(f => (string)f!)];
    }
}
