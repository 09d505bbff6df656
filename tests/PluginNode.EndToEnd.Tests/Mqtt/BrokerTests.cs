using System.Text.Json.Nodes;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.EndToEnd.Tests.Mqtt;

/// <summary>Real nodes that share only a broker.</summary>
[TestFixture]
public sealed class BrokerTests : NodesInAFolder
{
    private Mosquitto _broker = null!;
    private NodeProcess _sender = null!;
    private NodeProcess _receiver = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        _broker = await Mosquitto.StartAsync("allow_anonymous true");
        (_sender, _receiver) = (new NodeProcess(Folder, "sender"), new NodeProcess(Folder, "receiver"));
        foreach (var node in (NodeProcess[])[_sender, _receiver])
        {
            var settings = node.Configuration["plugins"]!["settings"]!;
            settings["mqtt"] = new JsonObject { ["broker"] = $"mqtt://127.0.0.1:{_broker.Port}" };
            settings["mesh-http"] = new JsonObject { ["listen"] = "" };
            settings["libp2p"] = new JsonObject { ["listen"] = new JsonArray() };
        }
        await NodeProcess.IntroduceAsync(_sender, _receiver, node => [$"mqtt:{node.Name}"]);
    }

    [TearDown]
    public async Task TearDownAsync()
    {
        if (_sender is not null) await _sender.DisposeAsync();
        if (_receiver is not null) await _receiver.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Test]
    public async Task BothWays_AndToAPeerThatComesLater_MessagesAreDelivered()
    {
        await _sender.StartAsync();
        var early = await _sender.SendAsync("receiver", "early"); // nobody is there yet
        await _receiver.StartAsync();
        await _sender.EndedAsync(early);
        await _receiver.EndedAsync(await _receiver.SendAsync("sender", "back"));
        Assert.That(await TextsAsync(_receiver), Is.EqualTo(new[] { "early" }));
        Assert.That(await TextsAsync(_sender), Is.EqualTo(new[] { "back" }));
        var plugins = (await _sender.GetAsync("/v1/plugins")).ToJsonString();
        Assert.That(plugins, Does.Contain("\"mqtt\""));
    }

    [Test]
    public async Task ABrokerThatIsAway_KeepsNobodyFromStarting_AndLosesNothing()
    {
        await _broker.KillAsync();
        await _sender.StartAsync();
        await _receiver.StartAsync();
        var id = await _sender.SendAsync("receiver", "waits for the broker");
        await _broker.StartAgainAsync();
        await _sender.EndedAsync(id);
        Assert.That(await TextsAsync(_receiver), Is.EqualTo(new[] { "waits for the broker" }));
    }

    [Test]
    public async Task ANodeThatComesAndGoes_IsHeard_AndItsOwnLedgerHasBoth()
    {
        await _receiver.StartAsync();
        await _sender.StartAsync();
        await HasAsync(_receiver, "hey-there", "sender");
        Assert.That(await _sender.StopAsync(), Is.Zero);
        await HasAsync(_receiver, "chau", "sender");
        await _sender.StartAsync();
        await HasAsync(_sender, "chau", "sender"); // on stable storage before it stopped
    }

    [Test]
    public async Task AReadOnlyNode_IsNotHeard_AndHearsOthers()
    {
        _sender.Configuration["node"]!["readOnly"] = true;
        _sender.WriteConfiguration();
        await _sender.StartAsync();
        await _receiver.StartAsync();
        await HasAsync(_sender, "hey-there", "receiver");
        await _receiver.EndedAsync(await _receiver.SendAsync("sender", "messages go all the same"));
        Assert.That(await _sender.StopAsync(), Is.Zero);
        Assert.That(await _receiver.StopAsync(), Is.Zero);
        await _receiver.StartAsync(); // what came before is in its ledger
        foreach (var service in (string[])["hey-there", "chau"])
            Assert.That(await EmittersAsync(_receiver, service), Does.Not.Contain("sender"));
    }

    [Test]
    public Task SenderKilled_AndTheBrokerToo_LosesNothingAndKeepsOrder() => PlayAsync(killSender: true, kills: 10);

    [Test]
    public Task ReceiverKilled_AndTheBrokerToo_LosesNothingAndDoublesNothing() =>
        PlayAsync(killSender: false, kills: 10);

    private Task PlayAsync(bool killSender, int kills) => KillRounds.PlayAsync(
        _sender, _receiver, killSender, kills, async round =>
        {
            if (round % 3 != 1) return;
            await _broker.KillAsync();
            await _broker.StartAgainAsync();
        });

    private static Task HasAsync(NodeProcess node, string service, string emitter) => Until.TrueAsync(
        async () => (await EmittersAsync(node, service)).Contains(emitter), $"{node.Name}: {service} of {emitter}");

    private static async Task<List<string?>> EmittersAsync(NodeProcess node, string service) =>
        [
            .. (await node.GetAsync($"/v1/events?service={service}"))["events"]!.AsArray()
                .Select(e => (string?)e!["emitter"]),
        ];

    private static async Task<List<string>> TextsAsync(NodeProcess node) =>
        [
            .. (await node.GetAsync("/v1/inbox?wait=5s"))["messages"]!.AsArray()
                .Select(m => m!["text"]!.GetValue<string>()),
        ];
}
