using Microsoft.Extensions.Logging;
using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>Nodes at a broker that forbids, is slow, or has given their place to somebody else.</summary>
[TestFixture]
internal sealed class BrokerTroubleTests
{
    private const string DynamicSecurity = "mosquitto_dynamic_security.so";

    private readonly List<IAsyncDisposable> _all = [];

    [TearDown]
    public async Task DisposeAllAsync()
    {
        _all.Reverse();
        foreach (var each in _all) await each.DisposeAsync();
        _all.Clear();
    }

    [Test]
    public async Task ASecondClientWithTheSameId_TakesTheSession_AndTheNodeSaysSo_AndComesBackLater()
    {
        var broker = Kept(await Mosquitto.StartAsync("allow_anonymous true"));
        var relay = Kept(new Relay(broker.Port));
        var time = new ManualTimeProvider();
        // its chance draws a wait, whatever the seed of the run is
        var a = Kept(new BrokerNode(
            BrokerNode.OptionsFor(relay.Port) with { ClientId = "same", ConnectTimeout = "1m" }, time,
            chance: new SeededChance(1)));
        var b = Kept(new BrokerNode(BrokerNode.OptionsFor(broker.Port)));
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        var intruder = await TestClient.ConnectedAsync(TestClient.Options(broker.Port, "same"));
        await Patience.UntilAsync(
            () => a.Logs.Lines.Any(
                l => l.Event.Id == 5001 && l.Text.Contains("the same client id", StringComparison.Ordinal)),
            () => string.Join('\n', a.Logs.Lines.Select(l => l.Text)));
        var outcome = (await a.SendAsync(b, SomeFrames.Of(1, 10)))[0];
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcome.Reason, Does.StartWith("no connection to the broker").And.Contain("the same client id"));
        Assert.That(relay.Connections, Is.EqualTo(1), "it fights for its place");

        await intruder.DisposeAsync();
        await Patience.UntilAsync(
            () =>
            {
                // later brokers give the reason, and are waited for longer; a try that takes too long by this clock is
                // one more wait
                if (relay.Connections == a.Logs.Lines.Count(l => l.Event.Id == 5001))
                    time.Advance(TimeSpan.FromSeconds(1));
                return b.Changes.All.Count(c => c == (a.Id, true)) == 2;
            },
            () => "it does not come back");
        Assert.That((await a.SendAsync(b, SomeFrames.Of(1, 10)))[0].Status, Is.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task ATopicThatMayNotBeWritten_IsNamed_AndTriedOnce()
    {
        var broker = Kept(await WithAclAsync("topic read #", "topic write pluginnode/+/presence"));
        var (relay, a, b) = await PairAsync(broker, "5.0");
        var frames = (await a.SendAsync(b, SomeFrames.Of(1, 10)))[0];
        var asked = await a.Transport.RequestAsync(
            b.Id, b.Address, new PeerRequest("/some/1", default, 10), CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(frames.Status, Is.EqualTo(SendStatus.Retry));
            Assert.That(frames.Reason, Does.Contain(Topics.FramesOf(b.Id)).And.Contain("not authorized (0x87)"));
            Assert.That(asked.Status, Is.EqualTo(RequestStatus.Failed));
            Assert.That(asked.Reason, Does.Contain(Topics.RequestsOf(b.Id)).And.Contain("not authorized (0x87)"));
            Assert.That(b.Host.Calls, Is.Zero);
            Assert.That(relay.Connections, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task ATopicThatMayNotBeWritten_WithTheOlderVersion_IsNamedInTheTimeOut()
    {
        var broker = Kept(await WithAclAsync("topic read #", "topic write pluginnode/+/presence"));
        var (relay, a, b) = await PairAsync(broker, "3.1.1"); // which has no answer for it
        var outcome = (await a.SendAsync(b, SomeFrames.Of(1, 10)))[0];
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcome.Reason, Does.Contain(Topics.FramesOf(b.Id)).And.Contain("the broker forbids a topic"));
        Assert.That((b.Host.Frames.Count, relay.Connections), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task AnAnswerThatMayNotBeWritten_IsToldWhereItWasToGo()
    {
        var broker = Kept(await WithAclAsync(
            "topic read #", "topic write pluginnode/+/presence", "topic write pluginnode/+/frames"));
        var (_, a, b) = await PairAsync(broker, "5.0");
        var outcome = (await a.SendAsync(b, SomeFrames.Of(1, 10)))[0];
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(b.Host.Frames, Has.Count.EqualTo(1), "it is there, and comes again as a duplicate");
        Assert.That(
            b.Logs.Lines.Where(l => l.Event.Id == 5029).Select(l => l.Text),
            Has.Exactly(1).Contains(Topics.OutcomesOf(a.Id)));
    }

    [Test]
    public async Task ATopicThatMayNotBeRead_IsNamed_AndTheNodeStaysConnected()
    {
        var plugin = Directory.Exists("/usr/lib")
            ? Directory.EnumerateFiles("/usr/lib", DynamicSecurity, new EnumerationOptions
            {
                RecurseSubdirectories = true, MaxRecursionDepth = 2,
            }).FirstOrDefault() : null;
        if (plugin is null) Assert.Ignore($"{DynamicSecurity} is not installed.");
        var file = Path.Combine(Kept(new Folder()).Path, "security.json");
        await File.WriteAllTextAsync(file, """
            {"defaultACLAccess":
             {"publishClientSend":true,"publishClientReceive":true,"subscribe":false,"unsubscribe":true}}
            """);
        var broker = Kept(await Mosquitto.StartAsync(
            "allow_anonymous true", $"plugin {plugin}", $"plugin_opt_config_file {file}"));
        var relay = Kept(new Relay(broker.Port));
        var a = Kept(new BrokerNode(BrokerNode.OptionsFor(relay.Port)));
        await a.StartAsync();
        var warnings = a.Logs.Lines.Where(l => l.Event.Id == 5003).Select(l => l.Text).ToList();
        foreach (var topic in (string[])[Topics.FramesOf(a.Id), Topics.OutcomesOf(a.Id), Topics.RequestsOf(a.Id)])
            Assert.That(warnings, Has.Exactly(1).Contains($"{topic}: not authorized (0x87)"));
        Assert.That(a.Logs.Lines.Where(l => l.Level == LogLevel.Error), Is.Empty);
        Assert.That(relay.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task ASlowBroker_EndsWhatWaitsInTime_AndIsNotGivenWhatNobodyWaitsFor()
    {
        var broker = Kept(await Mosquitto.StartAsync("allow_anonymous true"));
        var (relay, a, b) = await PairAsync(broker, "5.0", queued: 1 << 18);
        relay.HoldToBroker();
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => a.SendAsync(b, SomeFrames.Of(1, 200_000))));
        Assert.That(outcomes.Select(o => o[0].Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(outcomes.Select(o => o[0].Reason), Is.All.StartsWith("no answer within"));
        relay.Release();
        var last = SomeFrames.Of(1, 16);
        await Patience.UntilAsync(
            () => a.SendAsync(b, last).GetAwaiter().GetResult()[0].Status == SendStatus.Delivered,
            () => "it does not go on");
        // what was on its way may arrive; what waited in the queue, or for it, does not
        Assert.That(b.Host.Frames.Count(f => f.Bytes.Length > 16), Is.LessThanOrEqualTo(2));
    }

    [Test]
    public async Task ABrokerThatKeepsNothing_IsJoined_AndWhoComesAndGoesIsHeard()
    {
        var broker = Kept(await Mosquitto.StartAsync("allow_anonymous true", "retain_available false"));
        var (_, a, b) = await PairAsync(broker, "5.0");
        Assert.That((await a.SendAsync(b, SomeFrames.Of(1, 10)))[0].Status, Is.EqualTo(SendStatus.Delivered));
        await b.StopAsync();
        await a.Changes.HasAsync(c => c == (b.Id, false));
        var again = Kept(new BrokerNode(BrokerNode.OptionsFor(broker.Port), id: b.Id));
        await again.StartAsync();
        await a.Changes.HasAsync(c => c == (b.Id, true), times: 2);
        Assert.That(a.Logs.Lines.Where(l => l.Level >= LogLevel.Warning).Select(l => l.Text), Is.Empty);
    }

    [Test]
    public async Task ABrokerThatTakesNothingAnyMore_DoesNotHoldUpTheEnd()
    {
        var broker = Kept(await Mosquitto.StartAsync("allow_anonymous true"));
        var (relay, a, b) = await PairAsync(broker, "5.0", queued: 1 << 16);
        relay.HoldToBroker();
        await a.SendAsync(b, SomeFrames.Of(1, 200_000)); // what waits leaves no room for a last word
        await a.StopAsync();
        Assert.That(a.Logs.Lines.Count(l => l.Event.Id == 5031), Is.EqualTo(1));
    }

    private T Kept<T>(T one)
        where T : IAsyncDisposable
    {
        _all.Add(one);
        return one;
    }

    private async Task<(Relay Relay, BrokerNode A, BrokerNode B)> PairAsync(
        Mosquitto broker, string protocol, int queued = 1 << 20)
    {
        var relay = Kept(new Relay(broker.Port));
        var options = BrokerNode.OptionsFor(relay.Port) with
        {
            Protocol = protocol, SendTimeout = "1s", MaxQueuedBytes = queued,
        };
        var a = Kept(new BrokerNode(options));
        var b = Kept(new BrokerNode(options with { Broker = $"mqtt://127.0.0.1:{broker.Port}" }));
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        await a.Changes.HasAsync(c => c == (b.Id, true));
        return (relay, a, b);
    }

    private async Task<Mosquitto> WithAclAsync(params string[] lines)
    {
        var file = Path.Combine(Kept(new Folder()).Path, "acl");
        await File.WriteAllLinesAsync(file, lines);
        return await Mosquitto.StartAsync("allow_anonymous true", $"acl_file {file}");
    }

    private sealed class Folder : IAsyncDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("mqtt-trouble-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Path, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
