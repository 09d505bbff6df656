using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Packets;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>What comes in: acknowledgements, handlers that are slow, stuck or fail, and the keep-alive.</summary>
[TestFixture]
internal sealed class ReceivingTests
{
    private ScriptedBroker _broker = null!;

    // Each has its own: a client of the test before may just be dialling.
    [SetUp]
    public void Open() => _broker = new ScriptedBroker();

    [TearDown]
    public void Close() => _broker.Dispose();

    private MqttClientOptions Options => TestClient.Options(_broker.Port);

    private static async Task<MqttSubscription> SubscribeAsync(
        TestClient client, BrokerEnd end, string filter, Func<MqttMessage, CancellationToken, ValueTask> handler)
    {
        var asked = client.Mqtt.SubscribeAsync(filter, MqttQos.AtLeastOnce, handler);
        await end.GrantAsync();
        return await Patience.ForAsync(asked);
    }

    private static PublishPacket Publish(string topic, ushort id) =>
        new() { Topic = topic, Qos = (byte)(id > 0 ? 1 : 0), Id = id };

    [Test]
    public async Task Acknowledgements_GoOutInTheOrderOfArrival_WhenHandlersAreDone()
    {
        await using var client = new TestClient(Options);
        using var end = await _broker.TakeAsync();
        var slow = Signal.New();
        var quick = Signal.New();
        await SubscribeAsync(client, end, "slow", async (_, _) => await slow.Task);
        await SubscribeAsync(client, end, "quick", (_, _) =>
        {
            quick.TrySetResult();
            return ValueTask.CompletedTask;
        });
        await end.SendAsync(Publish("slow", 7), Publish("quick", 8), Publish("nobody", 9));
        await Patience.ForAsync(quick.Task);
        slow.SetResult();
        var ids = new List<int>();
        for (var i = 0; i < 3; i++) ids.Add((await end.ReadAsync<PubAckPacket>()).Id);
        Assert.That(ids, Is.EqualTo([7, 8, 9]));
    }

    [Test]
    public async Task AStuckHandler_IsLeftAloneAfterTwiceItsTime_AndOthersGoOn()
    {
        var time = new ManualTimeProvider();
        await using var client = new TestClient(Options, time);
        using var end = await _broker.TakeAsync();
        var stuck = Signal.New();
        var (begun, cancelled) = (Signal.New(), Signal.New());
        var subscription = await SubscribeAsync(client, end, "stuck", async (_, token) =>
        {
            token.Register(() => cancelled.TrySetResult());
            begun.TrySetResult();
            await stuck.Task.WaitAsync(Patience.Limit, CancellationToken.None);
        });
        await SubscribeAsync(client, end, "other", (_, _) => ValueTask.CompletedTask);
        await end.SendAsync(Publish("stuck", 1), Publish("stuck", 2), Publish("other", 3));
        await Patience.ForAsync(begun.Task);
        // the keep-alive, both handlers' time, and twice the first one's
        await Patience.UntilAsync(() => time.Timers == 4, () => $"there are {time.Timers} timers");
        time.Advance(TimeSpan.FromSeconds(30));
        await Patience.ForAsync(cancelled.Task);
        time.Advance(TimeSpan.FromSeconds(30));
        var acks = new List<(int, MqttReason)>();
        for (var i = 0; i < 3; i++)
        {
            var ack = await end.ReadAsync<PubAckPacket>();
            acks.Add((ack.Id, ack.Reason));
        }
        Assert.That(acks, Is.EqualTo(new[]
        {
            (1, MqttReason.ImplementationSpecific), (2, MqttReason.ImplementationSpecific), (3, MqttReason.Success),
        }));
        Assert.That(subscription.Failed, Is.EqualTo(2));
        stuck.SetResult();
        // It is heard again once it has ended; when that is noticed is not said.
        for (var reason = MqttReason.Unspecified; reason != MqttReason.Success;)
        {
            await end.SendAsync(Publish("stuck", 4));
            reason = (await end.ReadAsync<PubAckPacket>()).Reason;
        }
    }

    [Test]
    public async Task ARefusedSubscription_IsTold_AndAskedForAgain()
    {
        await using var client = new TestClient(Options);
        var first = await _broker.TakeAsync();
        var asked = client.Mqtt.SubscribeAsync("closed", MqttQos.AtLeastOnce, (_, _) => ValueTask.CompletedTask);
        var subscribe = await first.ReadAsync<SubscribePacket>();
        await first.SendAsync(
            new SubAckPacket(PacketType.SubAck) { Id = subscribe.Id, Reasons = [MqttReason.NotAuthorized] });
        var subscription = await Patience.ForAsync(asked);
        Assert.That(subscription.IsGranted, Is.False);
        Assert.That(subscription.Text, Does.StartWith("not authorized (0x87)"));
        first.Dispose();
        using var second = await _broker.TakeAsync();
        await second.GrantAsync();
        await Patience.UntilAsync(() => subscription.IsGranted, () => subscription.Text);
    }

    [Test]
    public async Task AHandlerThatFails_HasRefusedItsMessage()
    {
        await using var client = new TestClient(Options);
        using var end = await _broker.TakeAsync();
        await SubscribeAsync(client, end, "t", (_, _) => throw new InvalidOperationException("no room"));
        await end.SendAsync(Publish("t", 1));
        Assert.That((await end.ReadAsync<PubAckPacket>()).Reason, Is.EqualTo(MqttReason.Unspecified));
        Assert.That(
            client.Logs.Lines.Select(l => l.Text), Has.Some.Contains("InvalidOperationException: no room"));
    }

    [Test]
    public async Task MessagesOfQos0_BeyondWhatMayWait_AreDroppedAndCounted()
    {
        await using var client = new TestClient(Options with { MaxWaitingMessages = 3 });
        using var end = await _broker.TakeAsync();
        var (gate, begun) = (Signal.New(), Signal.New());
        var handled = 0;
        var subscription = await SubscribeAsync(client, end, "t", async (_, _) =>
        {
            begun.TrySetResult();
            await gate.Task;
            Interlocked.Increment(ref handled);
        });
        await end.SendAsync(Publish("t", 0));
        await Patience.ForAsync(begun.Task);
        for (var i = 0; i < 5; i++) await end.SendAsync(Publish("t", 0));
        await Patience.UntilAsync(() => subscription.Dropped == 2, () => $"{subscription.Dropped} dropped");
        gate.SetResult();
        await Patience.UntilAsync(() => Volatile.Read(ref handled) == 4, () => $"{handled} handled");
        Assert.That(subscription.Dropped, Is.EqualTo(2));
    }

    [TestCase(MqttProtocol.V311)]
    [TestCase(MqttProtocol.V5)]
    public async Task ABroker_IsReadNoFurtherThanTheReceiveMaximum(MqttProtocol protocol)
    {
        await using var client = new TestClient(Options with { ReceiveMaximum = 2, Protocol = protocol });
        using var end = await _broker.TakeAsync();
        var gate = new SemaphoreSlim(0);
        var handled = new List<string>();
        await SubscribeAsync(client, end, "#", async (m, token) =>
        {
            handled.Add(m.Topic);
            await gate.WaitAsync(token);
        });
        await end.SendAsync(Publish("a", 1), Publish("b", 2), Publish("c", 3), Publish("d", 0));
        gate.Release(4);
        for (var id = 1; id <= 3; id++) Assert.That((await end.ReadAsync<PubAckPacket>()).Id, Is.EqualTo(id));
        await Patience.UntilAsync(() => handled.Count == 4, () => "not all came");
        Assert.That(handled, Is.EqualTo(["a", "b", "c", "d"]));
    }

    [Test]
    public async Task Subscriptions_AreRestored_WithTheirIdentifiers()
    {
        await using var client = new TestClient(Options with { SessionExpiry = TimeSpan.FromHours(1) });
        var first = await _broker.TakeAsync();
        var got = Signal.New<MqttMessage>();
        var asked = client.Mqtt.SubscribeAsync("a/+", MqttQos.AtLeastOnce, (m, _) =>
        {
            got.TrySetResult(m);
            return ValueTask.CompletedTask;
        });
        var before = await first.GrantAsync();
        await Patience.ForAsync(asked);
        first.Dispose();
        using var second = await _broker.TakeAsync(sessionPresent: true);
        var after = await second.GrantAsync();
        Assert.Multiple(() =>
        {
            Assert.That(after.Subscriptions[0].Filter, Is.EqualTo("a/+"));
            Assert.That(after.Subscriptions[0].RetainHandling, Is.EqualTo(1), "what is kept would come again");
            Assert.That(before.Subscriptions[0].RetainHandling, Is.Zero);
            Assert.That(after.Properties.Number(PropertyId.SubscriptionId),
                Is.EqualTo(before.Properties.Number(PropertyId.SubscriptionId)));
        });
        await second.SendAsync(new PublishPacket
        {
            Topic = "a/b", Qos = 1, Id = 5, Duplicate = true,
            Properties = new Properties()
                .With(PropertyId.SubscriptionId, after.Properties.Number(PropertyId.SubscriptionId)!.Value)
                .With(PropertyId.ResponseTopic, "answers").With(PropertyId.MessageExpiry, 9)
                .With(new Property(PropertyId.CorrelationData, Bytes: new byte[] { 1, 2 }))
                .With(new Property(PropertyId.UserProperty, Text: "n", Value: "v")),
        });
        var message = await Patience.ForAsync(got.Task);
        Assert.Multiple(() =>
        {
            Assert.That(message.IsDuplicate, Is.True);
            Assert.That(message.ResponseTopic, Is.EqualTo("answers"));
            Assert.That(message.CorrelationData!.Value.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
            Assert.That(message.Expiry, Is.EqualTo(TimeSpan.FromSeconds(9)));
            Assert.That(message.UserProperties, Is.EqualTo([KeyValuePair.Create("n", "v")]));
        });
    }

    [Test]
    public async Task ASilentBroker_IsPinged_AndGivenUp()
    {
        var time = new ManualTimeProvider();
        await using var client = new TestClient(Options with { KeepAlive = TimeSpan.FromSeconds(10) }, time);
        using var end = await _broker.TakeAsync();
        await client.ReachesAsync(MqttPhase.Connected);
        await BeatAsync(time);
        await end.ReadAsync<PingPacket>();
        for (var i = 0; i < 2; i++) await BeatAsync(time);
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Reason, Is.EqualTo(MqttReason.KeepAliveTimeout));
        Assert.That(state.Text, Is.EqualTo("nothing came from the broker for 00:00:10 after a ping"));
    }

    [Test]
    public async Task ABrokerThatAnswersPings_IsKept()
    {
        var time = new ManualTimeProvider();
        await using var client = new TestClient(Options, time);
        // the broker's own keep-alive counts
        using var end = await _broker.TakeAsync(properties: new Properties().With(PropertyId.ServerKeepAlive, 20));
        await client.ReachesAsync(MqttPhase.Connected);
        for (var i = 0; i < 5; i++)
        {
            await BeatAsync(time, 10);
            await end.ReadAsync<PingPacket>();
            await end.SendAsync(PingPacket.Response);
            // behind the answer, so that it was read
            await end.SendAsync(Publish("x", 1));
            await end.ReadAsync<PubAckPacket>();
        }
        Assert.That(client.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Connected));
    }

    private static async Task BeatAsync(ManualTimeProvider time, int seconds = 5)
    {
        var beat = TimeSpan.FromSeconds(seconds);
        await Patience.UntilAsync(() => time.UntilNext == beat, () => $"the next timer is in {time.UntilNext}");
        time.Advance(beat);
    }
}
