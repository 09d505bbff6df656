using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using PluginNode.Conformance.Fakes;
using PluginNode.Mqtt.Tests.Broker;

namespace PluginNode.Mqtt.Tests.Client;

/// <summary>A mosquitto that is killed, stopped, strict about who comes, or about how large packets are.</summary>
[TestFixture]
internal sealed class BrokerFailureTests
{
    private const int Publishers = 8;
    private const int Each = 250;

    private static MqttMessage Numbered(int number) => new()
    {
        Topic = "traffic", Payload = Encoding.UTF8.GetBytes($"{number}"), Qos = MqttQos.AtLeastOnce,
    };

    [Test]
    public async Task ABrokerThatIsStoppedAndStartedInMidTraffic_LosesNothing([Values] MqttVersion version)
    {
        await using var broker = await Mosquitto.StartAsync(
            "allow_anonymous true", "persistence true", "persistence_location FOLDER/", "max_queued_messages 0");
        var options = TestClient.Options(broker.Port) with
        {
            SessionExpiry = TimeSpan.FromHours(1),
            Protocol = version == MqttVersion.V5 ? MqttProtocol.V5 : MqttProtocol.V311,
        };
        await using var listener = new TestClient(options with { ClientId = "listener" });
        await using var sender = new TestClient(options with { ClientId = "sender" });
        var seen = await CountAsync(listener);
        var publishing = PublishAsync(sender, 0);
        for (var round = 1; round <= 3; round++)
        {
            var enough = round * Publishers * Each / 5;
            await Patience.UntilAsync(() => seen.Count >= enough, () => $"{seen.Count} of {enough}");
            await broker.StopAsync();
            await broker.StartAgainAsync();
        }
        await Patience.ForAsync(publishing);
        await Patience.UntilAsync(() => seen.Count == Publishers * Each, () => $"only {seen.Count} came");
        TestContext.Out.WriteLine($"{seen.Values.Sum() - seen.Count} came twice");
    }

    [Test]
    public async Task ABrokerThatIsKilled_LosesNothingThatItHasNotAcknowledged()
    {
        await using var broker = await Mosquitto.StartAsync("allow_anonymous true", "max_queued_messages 0");
        await using var relay = new Relay(broker.Port);
        var options = TestClient.Options(broker.Port);
        await using var listener = new TestClient(options with { ClientId = "listener" });
        await using var sender = await TestClient.ConnectedAsync(
            options with { ClientId = "sender", Port = relay.Port });
        var seen = await CountAsync(listener);
        // What the broker acknowledges does not arrive: it dies with messages that the sender must send again.
        relay.HoldToClient();
        var publishing = PublishAsync(sender, 0);
        await Patience.UntilAsync(() => !seen.IsEmpty, () => "nothing came");
        await broker.KillAsync();
        Assert.That(sender.Mqtt.InFlight, Is.Positive);
        await listener.ReachesAsync(MqttPhase.Waiting);
        seen.Clear();
        await broker.StartAgainAsync();
        await listener.ReachesAsync(MqttPhase.Connected);
        // its subscription is there again once it hears itself
        await listener.Mqtt.PublishAsync(Numbered(-1));
        await Patience.UntilAsync(() => seen.ContainsKey(-1), () => "the subscription is not restored");
        relay.Cut();
        relay.Release();
        await Patience.ForAsync(publishing);
        await Patience.UntilAsync(() => seen.Count == 1 + (Publishers * Each), () => $"only {seen.Count} came");
    }

    [Test]
    public async Task WrongCredentials_AreToldClearly_AndNotTriedAgainSoon([Values] MqttVersion version)
    {
        await using var broker = await WithPasswordsAsync();
        await using var relay = new Relay(broker.Port);
        var time = new ManualTimeProvider();
        var options = TestClient.Options(relay.Port) with
        {
            UserName = "alice", Password = "wrong"u8.ToArray(),
            Protocol = version == MqttVersion.V5 ? MqttProtocol.V5ThenV311 : MqttProtocol.V311,
        };
        await using var client = new TestClient(options, time);
        var state = await client.ReachesAsync(MqttPhase.Waiting);
        Assert.Multiple(() =>
        {
            Assert.That(state.Reason, Is.AnyOf(MqttReason.NotAuthorized, MqttReason.BadUserNameOrPassword));
            Assert.That(state.Text, Does.Contain("user name").And.Contain("password").And.Not.Contain("wrong\""));
            Assert.That(state.RetryIn, Is.InRange(TimeSpan.FromMinutes(2.5), TimeSpan.FromMinutes(5)));
            Assert.That(client.Logs.Lines.Select(l => l.Text), Has.Some.Contains(state.Text));
        });
        // timers have whole milliseconds
        var tick = TimeSpan.FromMilliseconds(1);
        await Patience.UntilAsync(
            () => time.UntilNext is { } next && (next - state.RetryIn).Duration() <= tick,
            () => $"the next timer is in {time.UntilNext}");
        time.Advance(time.UntilNext!.Value - tick);
        Assert.That(relay.Connections, Is.EqualTo(1), "it is tried again at once");
        time.Advance(tick); // and no more, or connecting would take too long
        await client.ReachesAsync(MqttPhase.Waiting);
        Assert.That(relay.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task WhatTheBrokerDoesNotAllow_IsToldToWhoeverAsks()
    {
        await using var broker = await WithPasswordsAsync();
        await using var client = new TestClient(TestClient.Options(broker.Port) with
        {
            UserName = "alice", Password = "secret"u8.ToArray(), Protocol = MqttProtocol.V5,
        });
        var allowed = await client.ListenAsync("open/#");
        var refused = await client.Mqtt.PublishAsync(
            new MqttMessage { Topic = "closed/x", Qos = MqttQos.AtLeastOnce });
        var taken = await client.Mqtt.PublishAsync(new MqttMessage { Topic = "open/x", Qos = MqttQos.AtLeastOnce });
        Assert.Multiple(() =>
        {
            Assert.That(refused.Reason, Is.EqualTo(MqttReason.NotAuthorized));
            Assert.That(taken.IsTaken, Is.True);
        });
        Assert.That((await Patience.ForAsync(allowed.ReadAsync())).Topic, Is.EqualTo("open/x"));
    }

    [Test]
    public async Task APacketOverTheBrokersLimit_IsRefusedHere_AndTheConnectionStays([Values] MqttQos qos)
    {
        await using var broker = await Mosquitto.StartAsync("allow_anonymous true", "max_packet_size 2000");
        await using var client = new TestClient(TestClient.Options(broker.Port) with { Protocol = MqttProtocol.V5 });
        // before there is a connection its limit is not known: of QoS 0 nobody is told later
        await client.ReachesAsync(MqttPhase.Connected);
        var messages = await client.ListenAsync("t");
        var large = await client.Mqtt.PublishAsync(
            new MqttMessage { Topic = "t", Payload = new byte[2000], Qos = qos });
        Assert.That(large.Reason, Is.EqualTo(MqttReason.PacketTooLarge));
        Assert.That(large.Text, Does.EndWith("and the broker takes 2000"));
        Assert.That((await client.Mqtt.PublishAsync(
            new MqttMessage { Topic = "t", Payload = new byte[1900], Qos = qos })).IsTaken, Is.True);
        Assert.That((await Patience.ForAsync(messages.ReadAsync())).Payload.Length, Is.EqualTo(1900));
        Assert.That(client.Mqtt.State.Phase, Is.EqualTo(MqttPhase.Connected));
    }

    [Test]
    public async Task APacketOverTheClientsLimit_IsNotSentByTheBroker()
    {
        await using var broker = await Mosquitto.StartAsync("allow_anonymous true");
        await using var client = new TestClient(TestClient.Options(broker.Port) with
        {
            Protocol = MqttProtocol.V5, MaximumPacketBytes = 2000,
        });
        var messages = await client.ListenAsync("t");
        foreach (var size in (int[])[3000, 100])
            await client.Mqtt.PublishAsync(new MqttMessage { Topic = "t", Payload = new byte[size] });
        Assert.That((await Patience.ForAsync(messages.ReadAsync())).Payload.Length, Is.EqualTo(100));
    }

    private static async Task<Mosquitto> WithPasswordsAsync()
    {
        var folder = Directory.CreateTempSubdirectory("mqtt-passwords-");
        try
        {
            if (Tool.Find("mosquitto_passwd") is null) Assert.Ignore("mosquitto_passwd is not installed.");
            var passwords = Path.Combine(folder.FullName, "passwords");
            await Tool.RunAsync("mosquitto_passwd", "-b", "-c", passwords, "alice", "secret");
            var rules = Path.Combine(folder.FullName, "acl");
            await File.WriteAllTextAsync(rules, "user alice\ntopic readwrite open/#\n");
            // Both are read once, at the start.
            return await Mosquitto.StartAsync(
                "allow_anonymous false", $"password_file {passwords}", $"acl_file {rules}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>How often each number came.</summary>
    private static async Task<ConcurrentDictionary<int, int>> CountAsync(TestClient listener)
    {
        var seen = new ConcurrentDictionary<int, int>();
        var subscription = await Patience.ForAsync(
            listener.Mqtt.SubscribeAsync("traffic", MqttQos.AtLeastOnce, (message, _) =>
            {
                Assert.That(Utf8Parser.TryParse(message.Payload.Span, out int number, out int _), Is.True);
                seen.AddOrUpdate(number, 1, (_, count) => count + 1);
                return ValueTask.CompletedTask;
            }));
        Assert.That(subscription.IsGranted, Is.True);
        return seen;
    }

    private static Task PublishAsync(TestClient sender, int first) => Task.WhenAll(
        Enumerable.Range(0, Publishers).Select(p => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
                Assert.That((await sender.Mqtt.PublishAsync(Numbered(first + (p * Each) + i))).IsTaken, Is.True);
        })));
}
