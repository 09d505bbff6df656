using System.Text;
using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Mqtt.Frames;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>Clocks, sizes, presence, and a broker that goes away and comes back.</summary>
[TestFixture]
internal sealed class DeliveryTests
{
    private Mosquitto _broker = null!;

    [SetUp]
    public async Task StartBrokerAsync() => _broker = await Mosquitto.StartAsync("allow_anonymous true");

    [TearDown]
    public async Task StopBrokerAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    private MqttOptions Options => BrokerNode.OptionsFor(_broker.Port);

    [TestCase(-10)]
    [TestCase(10)]
    public async Task Clocks_ThatAreHoursApart_DeliverAllTheSame(int hours)
    {
        var time = new OffsetTime(TimeSpan.FromHours(hours));
        var (a, b) = await BrokerNode.PairAsync(Options, timeOfA: time);
        await using (a)
        await using (b)
        {
            var outcomes = await a.SendAsync(b, SomeFrames.Of(2, 10));
            Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
            Assert.That(a.Logs.Lines.Select(l => l.Event.Id), Has.Exactly(1).EqualTo(5024));
            await a.SendAsync(b, SomeFrames.Of(2, 10));
            Assert.That(b.Logs.Lines.Select(l => l.Event.Id), Has.Exactly(1).EqualTo(5025), "it is told once");
        }
    }

    [Test]
    public async Task Frames_ThatDoNotFitIntoOneRequest_GoInSeveral_InTheirOrder()
    {
        var (a, b) = await BrokerNode.PairAsync(Options with { MaxPacketBytes = 65_536 });
        await using (a)
        await using (b)
        {
            var frames = SomeFrames.Of(20, 10_000);
            var outcomes = await a.SendAsync(b, frames);
            Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
            Assert.That(b.Host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
        }
    }

    [Test]
    public async Task AFrame_ThatThePeerDoesNotTake_SaysWhoseLimitItIs()
    {
        await using var a = new BrokerNode(Options);
        await using var b = new BrokerNode(Options with { MaxPacketBytes = 65_536 });
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        await a.Changes.HasAsync(c => c == (b.Id, true)); // with it comes its limit
        var outcomes = await a.SendAsync(b, SomeFrames.Of(1, 70_000));
        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcomes[0].Reason, Does.Contain("the peer's maxPacketBytes (65536)"));
        Assert.That((await a.SendAsync(b, SomeFrames.Of(30, 10_000))).Select(o => o.Status),
            Is.All.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task Presence_TellsWhoComesAndGoes_AndComesBack()
    {
        var (a, b) = await BrokerNode.PairAsync(Options);
        await using (a)
        {
            await a.Changes.HasAsync(c => c == (b.Id, true));
            await b.StopAsync();
            await a.Changes.HasAsync(c => c == (b.Id, false));
            await using var again = new BrokerNode(Options, id: b.Id);
            await again.StartAsync();
            await a.Changes.HasAsync(c => c == (b.Id, true), times: 2);
            Assert.That(a.Changes.All.Select(c => c.Up), Is.EqualTo([true, false, true]));
        }
    }

    [Test]
    public async Task WhoComes_EndsWhatWasSentToItBefore()
    {
        var time = new ManualTimeProvider(); // no time-out is reached
        await using var a = new BrokerNode(Options with { Protocol = "3.1.1" }, time); // nobody says who is there
        await using var b = new BrokerNode(Options);
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        var sending = a.SendAsync(b, SomeFrames.Of(1, 10));
        time.Advance(TimeSpan.FromSeconds(1));
        await b.StartAsync();
        Assert.That((await sending)[0].Reason, Is.EqualTo("the peer has come meanwhile"));
        Assert.That((await a.SendAsync(b, SomeFrames.Of(1, 10)))[0].Status, Is.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task Presence_OfWhoCameFirst_IsSeenByWhoComesLater_AndAgainAfterTheBrokerWasAway()
    {
        var (a, b) = await BrokerNode.PairAsync(Options);
        await using (a)
        await using (b)
        {
            await b.Changes.HasAsync(c => c == (a.Id, true));
            await a.Changes.HasAsync(c => c == (b.Id, true));
            await _broker.KillAsync();
            await _broker.StartAgainAsync();
            await b.Changes.HasAsync(c => c == (a.Id, true), times: 2);
            await a.Changes.HasAsync(c => c == (b.Id, true), times: 2);
            var outcomes = await a.SendAsync(b, SomeFrames.Of(1, 10));
            Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
        }
    }

    [Test]
    public async Task Presence_ThatNobodySigned_OrThatIsReplayed_TellsNothing()
    {
        var (a, b) = await BrokerNode.PairAsync(Options);
        await using (a)
        {
            await using var mallory = await TestClient.ConnectedAsync(TestClient.Options(_broker.Port, "mallory"));
            var words = await mallory.ListenAsync(Topics.PresenceOf(b.Id));
            var up = await Patience.ForAsync(words.ReadAsync());
            Assert.That(Encoding.ASCII.GetString(up.Payload.Span), Does.Match("^up [0-9a-f]{32} 1 17825792 [^ ]{88}$"));
            await a.Changes.HasAsync(c => c == (b.Id, true));
            await b.StopAsync();
            await a.Changes.HasAsync(c => c == (b.Id, false));
            var invented = new PresenceText(true, 9, 1, 65_536).Write(new MemorySigner(a.Id));
            foreach (var payload in (ReadOnlyMemory<byte>[])[up.Payload, invented, "up"u8.ToArray(), new byte[300]])
                await mallory.Mqtt.PublishAsync(new MqttMessage
                {
                    Topic = Topics.PresenceOf(b.Id), Payload = payload, Qos = MqttQos.AtLeastOnce,
                });
            await using var again = new BrokerNode(Options, id: b.Id);
            await again.StartAsync(); // behind them
            await a.Changes.HasAsync(c => c == (b.Id, true), times: 2); // a last word has a second only
            await again.StopAsync();
            await a.Changes.HasAsync(c => c == (b.Id, false), times: 2);
            Assert.That(a.Changes.All.Select(c => c.Up), Is.EqualTo([true, false, true, false]));
        }
    }

    [Test]
    public async Task APeerThatIsKilled_EndsWhatWaitsForIt()
    {
        await using var relay = new Relay(_broker.Port);
        await using var a = new BrokerNode(Options with { SendTimeout = "50s" });
        var b = new BrokerNode(BrokerNode.OptionsFor(relay.Port));
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        await a.Changes.HasAsync(c => c == (b.Id, true));
        var arrived = Signal.New();
        b.Host.Before = async stopping =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, stopping);
        };
        var sending = a.SendAsync(b, SomeFrames.Of(1, 10));
        await Patience.ForAsync(arrived.Task);
        relay.Cut(); // its last will is published
        var outcome = (await sending)[0];
        await b.DisposeAsync();
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcome.Reason, Is.EqualTo("the peer went away").Or.EqualTo("the peer has come meanwhile"));
    }

    [Test]
    public async Task ABrokerThatIsKilled_EndsWhatIsUnderWay_AndNothingPilesUp()
    {
        var (a, b) = await BrokerNode.PairAsync(Options with { SendTimeout = "50s" });
        await using (a)
        await using (b)
        {
            var arrived = Signal.New();
            b.Host.Before = async stopping =>
            {
                arrived.TrySetResult();
                await Task.Delay(Timeout.Infinite, stopping);
            };
            var sending = a.SendAsync(b, SomeFrames.Of(1, 10));
            await Patience.ForAsync(arrived.Task);
            await _broker.KillAsync();
            Assert.That((await sending)[0].Reason, Does.StartWith("the connection to the broker broke"));
            for (var i = 0; i < 100; i++)
                Assert.That((await a.SendAsync(b, SomeFrames.Of(1, 1 << 20)))[0].Reason,
                    Does.StartWith("no connection to the broker"));
        }
    }

    [TestCase("mqtt:nobody")]
    [TestCase("mqtt:12D3KooW")]
    public async Task AnAddress_ThatIsNotThePeers_IsRetry(string text)
    {
        var (a, b) = await BrokerNode.PairAsync(Options);
        await using (a)
        await using (b)
        {
            Assert.That(PeerAddress.TryParse(text, out var address), Is.True);
            var frames = SomeFrames.Of(1, 10);
            var outcomes = await a.Transport.SendAsync(b.Id, address, frames, CancellationToken.None);
            Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Retry));
            Assert.That(outcomes[0].Reason, Does.StartWith("the address is not mqtt:"));
            // by its name in the peer list
            Assert.That(PeerAddress.TryParse($"mqtt:{a.Peers.Find(b.Id)!.Name}", out address), Is.True);
            outcomes = await a.Transport.SendAsync(b.Id, address, frames, CancellationToken.None);
            Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
        }
    }

    [Test]
    public void Room_IsBoundedForAll_AndForEachPeer()
    {
        var chance = SeededChance.Printed();
        var (one, other) = (SomePeers.New(chance), SomePeers.New(chance));
        var room = new ReceiveRoom(100, 40);
        Assert.Multiple(() =>
        {
            Assert.That(room.TryTake(one, 60), Is.True, "a single one is measured by all the room");
            Assert.That(room.TryTake(one, 1), Is.False, "its share is taken");
            Assert.That(room.TryTake(other, 30), Is.True);
            Assert.That(room.TryTake(other, 11), Is.False, "the rest is less");
            room.Return(one, 60);
            Assert.That(room.TryTake(other, 11), Is.False, "its share is less");
            Assert.That(room.TryTake(other, 10), Is.True);
        });
    }
}
