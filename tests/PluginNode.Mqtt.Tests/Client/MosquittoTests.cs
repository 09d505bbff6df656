using System.Text;
using System.Threading.Channels;
using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>The client against a real mosquitto and its own clients.</summary>
[TestFixture]
internal sealed class MosquittoTests
{
    private Mosquitto _broker = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _broker = await Mosquitto.StartAsync("allow_anonymous true");

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    private MqttClientOptions Options => TestClient.Options(_broker.Port, TestContext.CurrentContext.Test.ID);

    private static string Text(MqttMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private static Task<MqttMessage> NextAsync(ChannelReader<MqttMessage> messages) =>
        Patience.ForAsync(messages.ReadAsync());

    private string[] Arguments(MqttVersion version, params string[] more) =>
        ["-h", "127.0.0.1", "-p", $"{_broker.Port}", "-V", version == MqttVersion.V5 ? "5" : "311", .. more];

    [TestCase(MqttProtocol.V5, MqttVersion.V5)]
    [TestCase(MqttProtocol.V5ThenV311, MqttVersion.V5)]
    [TestCase(MqttProtocol.V311, MqttVersion.V311)]
    public async Task Connect_WithEachSetting_SpeaksThatVersion(MqttProtocol protocol, MqttVersion version)
    {
        await using var client = new TestClient(Options with { Protocol = protocol });
        Assert.That((await client.ReachesAsync(MqttPhase.Connected)).Version, Is.EqualTo(version));
    }

    [Test]
    public async Task Publish_IsReadByMosquittoSub([Values] MqttVersion version, [Values] MqttQos qos)
    {
        var topic = TestContext.CurrentContext.Test.ID;
        using var sub = Tool.Start("mosquitto_sub", Arguments(
            version, "-i", $"sub-{topic}", "-t", topic, "-q", "1", "-C", "2", "-W", "60",
            "-F", version == MqttVersion.V5 ? "%q|%p|%R|%D|%P" : "%q|%p"));
        await _broker.LoggedAsync($"Sending SUBACK to sub-{topic}");
        await using var client = new TestClient(Options with
        {
            Protocol = version == MqttVersion.V5 ? MqttProtocol.V5 : MqttProtocol.V311,
        });
        foreach (var text in (string[])["ñandú", "2"])
            Assert.That((await client.Mqtt.PublishAsync(new MqttMessage
            {
                Topic = topic, Payload = Encoding.UTF8.GetBytes(text), Qos = qos, ResponseTopic = "answers",
                CorrelationData = "77"u8.ToArray(), Expiry = TimeSpan.FromMinutes(1),
                UserProperties = [KeyValuePair.Create("name", "value")],
            })).IsTaken, Is.True);
        var lines = await Patience.ForAsync(sub.StandardOutput.ReadToEndAsync());
        await sub.WaitForExitAsync();
        var rest = version == MqttVersion.V5 ? "|answers|77|name:value" : "";
        Assert.That(lines.TrimEnd().Split('\n'), Is.EqualTo([$"{(int)qos}|ñandú{rest}", $"{(int)qos}|2{rest}"]));
    }

    [Test]
    public async Task Subscribe_ReadsWhatMosquittoPubSends([Values] MqttVersion version, [Values] MqttQos qos)
    {
        var topic = TestContext.CurrentContext.Test.ID;
        await using var client = new TestClient(Options);
        var messages = await client.ListenAsync($"{topic}/+");
        string[] properties = version == MqttVersion.V311 ? [] :
        [
            "-D", "publish", "user-property", "a", "b", "-D", "publish", "response-topic", "back",
            "-D", "publish", "correlation-data", "42", "-D", "publish", "message-expiry-interval", "60",
            "-D", "publish", "content-type", "text/plain",
        ];
        await Tool.RunAsync("mosquitto_pub", Arguments(
            version, ["-t", $"{topic}/x", "-m", "hello", "-q", $"{(int)qos}", .. properties]));
        var message = await NextAsync(messages);
        Assert.Multiple(() =>
        {
            Assert.That(message.Topic, Is.EqualTo($"{topic}/x"));
            Assert.That(Text(message), Is.EqualTo("hello"));
            Assert.That(message.Qos, Is.EqualTo(qos));
            if (version == MqttVersion.V311) return;
            Assert.That(message.UserProperties, Is.EqualTo([KeyValuePair.Create("a", "b")]));
            Assert.That(message.ResponseTopic, Is.EqualTo("back"));
            Assert.That(message.CorrelationData!.Value.ToArray(), Is.EqualTo("42"u8.ToArray()));
            Assert.That(message.Expiry, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(60)));
            Assert.That(message.ContentType, Is.EqualTo("text/plain"));
        });
    }

    [Test]
    public async Task Retained_IsKeptForLaterSubscribers()
    {
        var topic = TestContext.CurrentContext.Test.ID;
        await using var client = new TestClient(Options);
        await client.Mqtt.PublishAsync(new MqttMessage
        {
            Topic = topic, Payload = "kept"u8.ToArray(), Qos = MqttQos.AtLeastOnce, Retain = true,
        });
        var message = await NextAsync(await client.ListenAsync(topic));
        Assert.That(Text(message), Is.EqualTo("kept"));
        Assert.That(message.Retain, Is.True);
    }

    [Test]
    public async Task TheWill_IsPublishedWhenTheConnectionBreaks_AndNotWhenItIsEnded()
    {
        var topic = TestContext.CurrentContext.Test.ID;
        await using var watcher = new TestClient(Options);
        var messages = await watcher.ListenAsync(topic);
        await using var relay = new Relay(_broker.Port);
        var options = TestClient.Options(relay.Port, topic + "-mortal") with
        {
            Will = new MqttMessage { Topic = topic, Payload = "gone"u8.ToArray(), Qos = MqttQos.AtLeastOnce },
        };
        var mortal = await TestClient.ConnectedAsync(options);
        relay.Cut();
        Assert.That(Text(await NextAsync(messages)), Is.EqualTo("gone"));
        await mortal.ReachesAsync(MqttPhase.Connected);
        await mortal.DisposeAsync();
        await watcher.Mqtt.PublishAsync(new MqttMessage
        {
            Topic = topic, Payload = "after"u8.ToArray(), Qos = MqttQos.AtLeastOnce,
        });
        Assert.That(Text(await NextAsync(messages)), Is.EqualTo("after"));
    }

    [Test]
    public async Task Unsubscribed_NothingComesAnyMore()
    {
        var topic = TestContext.CurrentContext.Test.ID;
        await using var client = new TestClient(Options);
        var came = 0;
        var subscription = await client.Mqtt.SubscribeAsync(topic, MqttQos.AtLeastOnce, (_, _) =>
        {
            Interlocked.Increment(ref came);
            return ValueTask.CompletedTask;
        });
        await client.Mqtt.PublishAsync(new MqttMessage { Topic = topic, Qos = MqttQos.AtLeastOnce });
        await Patience.UntilAsync(() => Volatile.Read(ref came) == 1, () => $"{came} came");
        await subscription.DisposeAsync();
        var result = await client.Mqtt.PublishAsync(new MqttMessage { Topic = topic, Qos = MqttQos.AtLeastOnce });
        Assert.That(result.Reason, Is.EqualTo(MqttReason.NoMatchingSubscribers));
        Assert.That(came, Is.EqualTo(1));
    }

    [Test]
    public async Task ASecondClientWithTheSameId_TakesTheSessionOver_AndTheFirstSaysSo()
    {
        await using var relay = new Relay(_broker.Port);
        var time = new ManualTimeProvider();
        var options = TestClient.Options(relay.Port, TestContext.CurrentContext.Test.ID);
        // below a millisecond there is no wait, and chance may say so where the wait is short
        var patient = options with { FirstRetry = TimeSpan.FromHours(1), MostRetry = TimeSpan.FromHours(1) };
        await using var first = await TestClient.ConnectedAsync(patient, time);
        await using var second = await TestClient.ConnectedAsync(options with { Port = _broker.Port });
        var state = await first.ReachesAsync(MqttPhase.Waiting);
        // mosquitto 2.0.11 closes without a word; later ones give the reason
        Assert.That(state.Text, Does.Contain("another client has").And.Contain("the same client id"));
        Assert.That(relay.Connections, Is.EqualTo(1));
        Assert.That(second.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Connected));
    }

    [Test]
    public async Task ASlowBroker_MakesPublishersWait_AndLosesNothing()
    {
        var topic = TestContext.CurrentContext.Test.ID;
        await using var listener = new TestClient(Options);
        var messages = await listener.ListenAsync(topic);
        await using var relay = new Relay(_broker.Port);
        await using var client = await TestClient.ConnectedAsync(
            TestClient.Options(relay.Port, topic + "-slow") with { MaxQueuedBytes = 1 << 20, MaxQueuedMessages = 50 });
        relay.HoldToBroker();
        var payload = new byte[100_000];
        var publishing = Enumerable.Range(0, 60).Select(i => client.Mqtt.PublishAsync(new MqttMessage
        {
            Topic = topic, Payload = payload, Qos = MqttQos.AtLeastOnce, ContentType = $"{i}",
        }).AsTask()).ToList();
        await Patience.UntilAsync(() => client.Mqtt.InFlight > 0, () => "nothing is sent");
        // A megabyte is under way, the rest waits with its publishers.
        Assert.That(client.Mqtt.InFlight, Is.LessThanOrEqualTo(10));
        Assert.That(publishing.Count(p => p.IsCompleted), Is.Zero);
        relay.Cut();
        relay.Release();
        await Patience.ForAsync(Task.WhenAll(publishing));
        Assert.That(publishing.Select(p => p.Result.IsTaken), Is.All.True);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (seen.Count < 60) seen.Add((await NextAsync(messages)).ContentType!);
    }
}
