using PluginNode.Mqtt.Packets;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>The client against a broker that the test plays: what goes over the wire, packet by packet.</summary>
[TestFixture]
internal sealed class SessionTests
{
    private ScriptedBroker _broker = null!;

    // Each has its own: a client of the test before may just be dialling.
    [SetUp]
    public void Open() => _broker = new ScriptedBroker();

    [TearDown]
    public void Close() => _broker.Dispose();

    private MqttClientOptions Options => TestClient.Options(_broker.Port);

    private static MqttMessage Message(string text, MqttQos qos = MqttQos.AtLeastOnce) =>
        new() { Topic = "t", Payload = System.Text.Encoding.UTF8.GetBytes(text), Qos = qos };

    private static string Text(PublishPacket packet) => System.Text.Encoding.UTF8.GetString(packet.Payload.Span);

    [Test]
    public async Task Connect_SaysWhatTheOptionsSay()
    {
        await using var client = new TestClient(Options with
        {
            UserName = "u", Password = "p"u8.ToArray(), KeepAlive = TimeSpan.FromSeconds(7), ReceiveMaximum = 5,
            MaximumPacketBytes = 2048, SessionExpiry = TimeSpan.FromMinutes(2), WillDelay = TimeSpan.FromSeconds(3),
            Will = new MqttMessage { Topic = "w", Payload = "gone"u8.ToArray(), Qos = MqttQos.AtLeastOnce },
        });
        var (end, connect) = await _broker.AcceptAsync();
        using (end)
            Assert.Multiple(() =>
            {
                Assert.That(connect.ClientId, Is.EqualTo("tester"));
                Assert.That(connect.UserName, Is.EqualTo("u"));
                Assert.That(connect.Password!.Value.ToArray(), Is.EqualTo("p"u8.ToArray()));
                Assert.That(connect.CleanStart, Is.False);
                Assert.That(connect.KeepAlive, Is.EqualTo(7));
                Assert.That(connect.Properties.Number(PropertyId.SessionExpiry), Is.EqualTo(120));
                Assert.That(connect.Properties.Number(PropertyId.ReceiveMaximum), Is.EqualTo(5));
                Assert.That(connect.Properties.Number(PropertyId.MaximumPacketSize), Is.EqualTo(2048));
                Assert.That(connect.Will!.Topic, Is.EqualTo("w"));
                Assert.That(connect.Will.Qos, Is.EqualTo(1));
                Assert.That(connect.Will.Properties.Number(PropertyId.WillDelay), Is.EqualTo(3));
            });
    }

    [Test]
    public async Task Publish_NotAcknowledged_IsSentAgainInItsOrderWithItsIdAndMarked([Values] bool sessionPresent)
    {
        await using var client = new TestClient(Options with { SessionExpiry = TimeSpan.FromHours(1) });
        var first = await _broker.TakeAsync();
        var results = Enumerable.Range(0, 5).Select(i => client.Mqtt.PublishAsync(Message($"{i}")).AsTask()).ToList();
        var sent = new List<PublishPacket>();
        for (var i = 0; i < 5; i++) sent.Add(await first.ReadAsync<PublishPacket>());
        await first.SendAsync(new PubAckPacket { Id = sent[1].Id });
        await Patience.ForAsync(results[1]);
        first.Dispose();

        using var second = await _broker.TakeAsync(sessionPresent);
        var again = new List<PublishPacket>();
        for (var i = 0; i < 4; i++) again.Add(await second.ReadAsync<PublishPacket>());
        await second.SendAsync([.. again.Select(p => new PubAckPacket { Id = p.Id })]);
        await Patience.ForAsync(Task.WhenAll(results));
        Assert.Multiple(() =>
        {
            Assert.That(sent.Select(p => p.Duplicate), Is.All.False);
            Assert.That(again.Select(p => p.Duplicate), Is.All.True);
            Assert.That(again.Select(Text), Is.EqualTo(["0", "2", "3", "4"]));
            Assert.That(again.Select(p => p.Id), Is.EqualTo(sent.Where((_, i) => i != 1).Select(p => p.Id)));
            Assert.That(results.Select(r => r.Result.IsTaken), Is.All.True);
            Assert.That(client.Mqtt.InFlight, Is.Zero);
        });
    }

    [Test]
    public async Task Publish_GivenUpWhileItWasOut_IsSentAgainOnlyToASessionThatWaitsForIt([Values] bool sessionPresent)
    {
        await using var client = new TestClient(
            Options with { SessionExpiry = TimeSpan.FromHours(1), MaxInFlight = 2 });
        using var cancel = new CancellationTokenSource();
        using (var first = await _broker.TakeAsync())
        {
            var givenUp = client.Mqtt.PublishAsync(Message("given up"), cancel.Token).AsTask();
            await first.ReadAsync<PublishPacket>();
            await cancel.CancelAsync();
            Assert.That(async () => await givenUp, Throws.InstanceOf<OperationCanceledException>());
        }
        var next = client.Mqtt.PublishAsync(Message("next")).AsTask();
        using var second = await _broker.TakeAsync(sessionPresent);
        if (sessionPresent)
        {
            var again = await second.ReadAsync<PublishPacket>();
            Assert.That(Text(again), Is.EqualTo("given up"));
            await second.SendAsync(new PubAckPacket { Id = again.Id });
        }
        var sent = await second.ReadAsync<PublishPacket>();
        Assert.That(Text(sent), Is.EqualTo("next"));
        await second.SendAsync(new PubAckPacket { Id = sent.Id });
        await Patience.ForAsync(next);
        Assert.That(client.Mqtt.InFlight, Is.Zero);
    }

    [Test]
    public async Task Publish_BeyondTheBrokersReceiveMaximum_Waits()
    {
        await using var client = new TestClient(Options);
        using var end = await _broker.TakeAsync(properties: new Properties().With(PropertyId.ReceiveMaximum, 2));
        var results = Enumerable.Range(0, 3).Select(i => client.Mqtt.PublishAsync(Message($"{i}")).AsTask()).ToList();
        var (one, _) = (await end.ReadAsync<PublishPacket>(), await end.ReadAsync<PublishPacket>());
        // Had the third been sent, it would stand before the ping that this unsubscribing is.
        var listening = client.Mqtt.SubscribeAsync("x", MqttQos.AtMostOnce, (_, _) => ValueTask.CompletedTask);
        var subscribe = await end.ReadAsync<SubscribePacket>();
        await end.SendAsync(new SubAckPacket(PacketType.SubAck) { Id = subscribe.Id, Reasons = [default] });
        await Patience.ForAsync(listening);
        await end.SendAsync(new PubAckPacket { Id = one.Id });
        Assert.That(Text(await end.ReadAsync<PublishPacket>()), Is.EqualTo("2"));
        Assert.That(results[2].IsCompleted, Is.False);
    }

    [Test]
    public async Task Publish_RefusedByTheBroker_TellsItsReason()
    {
        await using var client = new TestClient(Options);
        using var end = await _broker.TakeAsync();
        var result = client.Mqtt.PublishAsync(Message("x")).AsTask();
        var sent = await end.ReadAsync<PublishPacket>();
        await end.SendAsync(new PubAckPacket
        {
            Id = sent.Id, Reason = MqttReason.QuotaExceeded,
            Properties = new Properties().With(PropertyId.ReasonText, "too\nmuch"),
        });
        var told = await Patience.ForAsync(result);
        Assert.That(told.Reason, Is.EqualTo(MqttReason.QuotaExceeded));
        Assert.That(told.Text, Is.EqualTo("QuotaExceeded (0x97): too\ufffdmuch"));
    }

    [Test]
    public async Task Publish_MoreThanTheQueueTakes_Waits_AndCancelsWithoutATrace()
    {
        await using var client = new TestClient(Options with { MaxQueuedMessages = 2, MaxInFlight = 1 });
        using var end = await _broker.TakeAsync();
        using var cancel = new CancellationTokenSource();
        var results = new List<Task<MqttPublishResult>> { client.Mqtt.PublishAsync(Message("0")).AsTask() };
        var first = await end.ReadAsync<PublishPacket>();
        for (var i = 1; i < 3; i++) results.Add(client.Mqtt.PublishAsync(Message($"{i}")).AsTask());
        var waiting = client.Mqtt.PublishAsync(Message("no", MqttQos.AtMostOnce), cancel.Token);
        Assert.That(waiting.IsCompleted, Is.False, "the queue takes more than it may");
        await cancel.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        var texts = new List<string>();
        for (var packet = first; ; packet = await end.ReadAsync<PublishPacket>())
        {
            texts.Add(Text(packet));
            await end.SendAsync(new PubAckPacket { Id = packet.Id });
            if (texts.Count == 3) break;
        }
        await Patience.ForAsync(Task.WhenAll(results));
        Assert.That(texts, Is.EqualTo(["0", "1", "2"]));
    }

    [Test]
    public async Task WhatWaits_GoesOutTogether()
    {
        await using var client = new TestClient(Options);
        for (var i = 0; i < 100; i++) await client.Mqtt.PublishAsync(Message($"{i}", MqttQos.AtMostOnce));
        using var end = await _broker.TakeAsync();
        var read = await end.ReadBytesAsync();
        Assert.That(read, Is.GreaterThan(100 * 6), "the messages come in more than one piece");
    }

    [Test]
    public async Task Fallback_FromARefusal_IsRemembered_FromSilence_IsNot([Values] bool refused)
    {
        await using var client = new TestClient(Options);
        for (var round = 0; round < 2; round++)
        {
            var (end, connect) = await _broker.AcceptAsync();
            if (round == 0 || !refused)
            {
                Assert.That(connect.Version, Is.EqualTo(MqttVersion.V5));
                // the answer of a broker that knows nothing newer
                if (refused) await end.SendAsync([0x20, 2, 0, 1]);
                end.Dispose();
                (end, connect) = await _broker.AcceptAsync();
            }
            Assert.That(connect.Version, Is.EqualTo(MqttVersion.V311));
            await end.SendAsync(new ConnAckPacket());
            var state = await client.ReachesAsync(MqttPhase.Connected);
            Assert.That(state.Version, Is.EqualTo(MqttVersion.V311));
            end.Dispose();
        }
    }

    [Test]
    public async Task NoFallback_WhereOneVersionIsAskedFor()
    {
        await using var client = new TestClient(Options with { Protocol = MqttProtocol.V5 });
        var (end, _) = await _broker.AcceptAsync();
        using (end) await end.SendAsync([0x20, 2, 0, 1]);
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Reason, Is.EqualTo(MqttReason.UnsupportedProtocolVersion));
    }

    [TestCase(MqttReason.ServerUnavailable, false)]
    [TestCase(MqttReason.ServerBusy, false)]
    [TestCase(MqttReason.Banned, true)]
    [TestCase(MqttReason.BadUserNameOrPassword, true)]
    public async Task ARefusal_IsToldAndWaitedFor_AsLongAsItMakesSense(MqttReason reason, bool isLong)
    {
        await using var client = new TestClient(Options);
        var (end, _) = await _broker.AcceptAsync();
        using (end) await end.SendAsync(new ConnAckPacket { Reason = reason });
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.Multiple(() =>
        {
            Assert.That(state.Reason, Is.EqualTo(reason));
            Assert.That(state.Text, Does.StartWith("the broker refused the connection: "));
            Assert.That(
                state.RetryIn, isLong
                    ? Is.InRange(TimeSpan.FromMinutes(2.5), TimeSpan.FromMinutes(5))
                    : Is.LessThanOrEqualTo(TimeSpan.FromMilliseconds(20)));
        });
    }

    [Test]
    public async Task ASessionTakenOver_IsSaidClearly_AndNotFought()
    {
        await using var client = new TestClient(Options);
        using var end = await _broker.TakeAsync();
        await end.SendAsync(new DisconnectPacket { Reason = MqttReason.SessionTakenOver });
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.Multiple(() =>
        {
            Assert.That(state.Reason, Is.EqualTo(MqttReason.SessionTakenOver));
            Assert.That(state.Text, Does.Contain("another client has connected with the same client id (0x8E)"));
            Assert.That(state.RetryIn, Is.InRange(TimeSpan.FromMinutes(2.5), TimeSpan.FromMinutes(5)));
        });
    }

    [TestCase("34080003612F62000A00", MqttReason.ImplementationSpecific, "QoS 2 is not taken")]
    [TestCase("F000", MqttReason.ImplementationSpecific, "extended authentication was not asked for")]
    [TestCase("30FFFFFFFF7F", MqttReason.MalformedPacket, "the remaining length is no such number")]
    [TestCase("9004000A0000", MqttReason.ProtocolError, "SubAck for a packet id that was not used")]
    [TestCase("C000", MqttReason.ProtocolError, "PingReq is not for a client")]
    [TestCase("30FFFF7F", MqttReason.PacketTooLarge, "a packet of 2097155 bytes, and 1048576 are taken")]
    public async Task WhatABrokerMayNotSend_EndsTheConnectionWithAReason(string hex, MqttReason told, string text)
    {
        await using var client = new TestClient(Options);
        using var end = await _broker.TakeAsync();
        await end.SendAsync(Convert.FromHexString(hex));
        Assert.That((await end.ReadAsync<DisconnectPacket>()).Reason, Is.EqualTo(told));
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(state.Text, Is.EqualTo($"the broker sent what it may not: {text}"));
    }

    [Test]
    public async Task Dispose_WritesWhatWaits_ThenDisconnects()
    {
        var client = new TestClient(Options);
        using var end = await _broker.TakeAsync();
        await client.ReachesAsync(MqttPhase.Connected);
        await client.Mqtt.PublishAsync(Message("last", MqttQos.AtMostOnce));
        var never = client.Mqtt.PublishAsync(Message("unanswered")).AsTask();
        await client.DisposeAsync();
        Assert.That(Text(await end.ReadAsync<PublishPacket>()), Is.EqualTo("last"));
        Assert.That(Text(await end.ReadAsync<PublishPacket>()), Is.EqualTo("unanswered"));
        Assert.That((await end.ReadAsync<DisconnectPacket>()).Reason, Is.EqualTo(MqttReason.Success));
        var result = await never;
        Assert.That(result.IsTaken, Is.False);
        Assert.That(result.Text, Does.Contain("may or may not have arrived"));
        Assert.That(client.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Stopped));
    }
}
