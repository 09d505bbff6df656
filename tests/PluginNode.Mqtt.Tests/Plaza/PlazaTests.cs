using System.Buffers;
using System.Text;
using PluginNode.Benchmarks.Sync;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Mqtt.Plaza;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>Presence of the nara network over a real mosquitto, with real kernels, and with somebody who writes
/// whatever they like.</summary>
[TestFixture]
internal sealed class PlazaTests
{
    private Mosquitto _broker = null!;
    private TestClient _other = null!;

    [SetUp]
    public async Task SetUp()
    {
        _broker = await Mosquitto.StartAsync("allow_anonymous true");
        _other = await TestClient.ConnectedAsync(TestClient.Options(_broker.Port, "other"));
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_other is not null) await _other.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
    }

    [Test]
    public async Task ANode_SaysThatItCameAndGoes_AsItsLedgerHasIt_AndAnotherLearnsItsKey()
    {
        var words = await _other.ListenAsync("nara/plaza/#");
        await using var bob = await KernelNode.StartAsync(_broker.Port, "bob", 2);
        await bob.HoldsAsync("bob", isUp: true);
        await using var alice = await KernelNode.StartAsync(_broker.Port, "alice", 1);
        await bob.HoldsAsync("alice", isUp: true);
        Assert.That(bob.Kernel.EventKeys.Find("alice"), Is.EqualTo(alice.Id));
        await alice.StopAsync();
        await bob.HoldsAsync("alice", isUp: false);
        Assert.That(alice.Presence, Is.EqualTo(new[] { ("alice", true), ("alice", false) }), "bob came before");

        var said = new List<MqttMessage>();
        while (said.Count < 3) said.Add(await Patience.ForAsync(words.ReadAsync()));
        var held = alice.Kernel.Ledger.Read(new LedgerQuery { Services = ["hey-there", "chau"] }).Events;
        Assert.That(said[1..].Select(m => m.Topic), Is.EqualTo(new[] { NaraTopics.HeyThere, NaraTopics.Chau }));
        Assert.That(said[1..].Select(TextOf), Is.EqualTo(held.Select(e => TextOf(alice, e))));
        Assert.That(said.Select(m => (m.Qos, m.Retain)), Is.All.EqualTo((MqttQos.AtMostOnce, false)));
    }

    [Test]
    public async Task APeerOfTheList_IsUpAndDownByItsOwnWordOnly()
    {
        var (carol, mallory) = (MakerOf("carol", 3), MakerOf("carol", 4));
        var peer = new Peer("carol", KernelNode.IdentityOf(3).Self, []);
        await using var bob = await KernelNode.StartAsync(_broker.Port, "bob", 2, null, peer);
        await SayAsync(NaraTopics.HeyThere, Hello(mallory, "carol", 4)); // another key
        await SayAsync(NaraTopics.Chau, Goodbye(mallory, "carol", 3)); // carol's key, and another's signature
        await Patience.UntilAsync(
            () => bob.Kernel.Intake.Counters.Rejected.GetValueOrDefault(PlazaEar.Source)?.Values.Sum() == 2,
            () => "they are not looked at");
        Assert.That(bob.Kernel.Intake.Counters.Rejected[PlazaEar.Source], Is.EquivalentTo(
            new Dictionary<EventVerdict, long> { [EventVerdict.OtherKey] = 1, [EventVerdict.WrongSignature] = 1 }));
        Assert.That(bob.Changes.All, Is.Empty);

        var hello = Hello(carol, "carol", 3);
        await SayAsync(NaraTopics.HeyThere, hello);
        await bob.HoldsAsync("carol", isUp: true);
        await SayAsync(NaraTopics.HeyThere, hello); // again: it says nothing new
        await SayAsync(NaraTopics.Chau, Goodbye(carol, "carol", 3));
        await bob.Changes.HasAsync(c => !c.Up);
        Assert.That(bob.Changes.All.Distinct(), Is.EqualTo(new[] { (peer.Id, true), (peer.Id, false) }));
        Assert.That(bob.Changes.All.Count(c => c.Up), Is.EqualTo(1));
    }

    [Test]
    public async Task ALearnedKey_Stays_AndAnotherOneIsRefusedAndReported()
    {
        await using var bob = await KernelNode.StartAsync(_broker.Port, "bob", 2);
        await SayAsync(NaraTopics.HeyThere, Hello(MakerOf("dave", 5), "dave", 5));
        await bob.HoldsAsync("dave", isUp: true);
        await SayAsync(NaraTopics.HeyThere, Hello(MakerOf("dave", 6), "dave", 6));
        await Patience.UntilAsync(
            () => bob.Kernel.Intake.Counters.Rejected.ContainsKey(PlazaEar.Source), () => "it is not looked at");
        Assert.That(bob.Kernel.EventKeys.Find("dave"), Is.EqualTo(KernelNode.IdentityOf(5).Self));
        Assert.That((await bob.Kernel.MetricsAsync()).Ledger.OtherKeys, Is.EqualTo(1));
        Assert.That(bob.Presence.Count(p => p.Who == "dave"), Is.EqualTo(1));
    }

    [Test]
    public async Task WithConfiguredTrust_NoKeyIsLearned_AndTheEventWaitsOutsideTheLedger()
    {
        await using var bob = await KernelNode.StartAsync(
            _broker.Port, "bob", 2, new KernelNodeOptions { LearnsKeys = false });
        await bob.HoldsAsync("bob", isUp: true);
        await SayAsync(NaraTopics.HeyThere, Hello(MakerOf("dave", 5), "dave", 5));
        await Patience.UntilAsync(() => bob.Merged.Any(r => r.Pending == 1), () => "it does not wait");
        Assert.That(bob.Kernel.EventKeys.Names(), Is.Empty);
        Assert.That(bob.Presence, Is.EqualTo(new[] { ("bob", true) }));
    }

    [Test]
    public async Task AFloodOfStrangers_IsBounded_AndTakesNothingFromAPeer()
    {
        var peer = new Peer("carol", KernelNode.IdentityOf(3).Self, []);
        await using var bob = await KernelNode.StartAsync(_broker.Port, "bob", 2, null, peer);
        await bob.HoldsAsync("bob", isUp: true);
        for (var i = 0; i < 600; i++)
            await SayAsync(NaraTopics.HeyThere, Hello(MakerOf($"stranger-{i}", 7), $"stranger-{i}", 7));
        await Patience.UntilAsync(
            () => bob.Logs.Lines.Any(l => l.Event.Id == 5035), () => "it is not told that some are dropped");
        await SayAsync(NaraTopics.Chau, Goodbye(MakerOf("carol", 3), "carol", 3));
        await bob.Changes.HasAsync(c => c == (peer.Id, false));
        await bob.StopAsync(); // what was taken is merged
        var strangers = bob.Presence.Count(p => p.Who.StartsWith("stranger-", StringComparison.Ordinal));
        Assert.That(strangers, Is.InRange(1, 200), "of 600; 100 at once and one in five seconds");
    }

    [Test]
    public async Task WhatIsRetained_TooLarge_OrOfAnotherService_IsPassedOver()
    {
        var dave = MakerOf("dave", 5);
        var hello = Hello(dave, "dave", 5);
        await PublishAsync(NaraTopics.HeyThere, hello, retain: true);
        await using var bob = await KernelNode.StartAsync(_broker.Port, "bob", 2);
        var social = dave.Make("social", """{"type":"tease","actor":"dave","target":"x","reason":"r"}"""u8).Event!;
        await SayAsync(NaraTopics.HeyThere, [.. Encoding.UTF8.GetBytes(TextOf(bob, social))]);
        await SayAsync(NaraTopics.HeyThere, [.. hello, .. new byte[PlazaEar.MostBytes].Select(_ => (byte)' ')]);
        await SayAsync(NaraTopics.HeyThere, Hello(MakerOf("end", 6), "end", 6));
        await bob.HoldsAsync("end", isUp: true);
        Assert.That(bob.Presence.Select(p => p.Who), Does.Not.Contain("dave"));
        Assert.That(bob.Kernel.Ledger.Find(social.Id), Is.Null);
    }

    [Test]
    public async Task ANodeThatAnnouncesNothing_IsSilent_AndTakesWhatOthersSay()
    {
        var words = await _other.ListenAsync("nara/plaza/#");
        await using var bob = await KernelNode.StartAsync(
            _broker.Port, "bob", 2, new KernelNodeOptions { Announces = false });
        await SayAsync(NaraTopics.HeyThere, Hello(MakerOf("dave", 5), "dave", 5));
        await bob.HoldsAsync("dave", isUp: true);
        await bob.StopAsync();
        await SayAsync("nara/plaza/end", []);
        var topics = new List<string>();
        while (topics.LastOrDefault() != "nara/plaza/end")
            topics.Add((await Patience.ForAsync(words.ReadAsync())).Topic);
        Assert.That(topics, Is.EqualTo(new[] { NaraTopics.HeyThere, "nara/plaza/end" }), "dave, and the end");
        Assert.That(bob.Presence.Select(p => p.Who), Is.EqualTo(new[] { "dave" }));
    }

    [Test]
    public async Task WithoutTheKinds_NothingIsSaidOrTaken_AndThatIsTold()
    {
        var ledger = new RecordingLedger { Knows = false };
        await using var node = new BrokerNode(BrokerNode.OptionsFor(_broker.Port), plaza: new PlazaParts(
            ledger, ledger, null) { Announces = "alice" });
        await node.StartAsync();
        await node.StopAsync();
        Assert.That(node.Logs.Lines.Select(l => l.Event.Id), Does.Contain(5037));
        Assert.That(ledger.Recorded, Is.Empty);
    }

    [Test]
    public async Task AStoreThatFails_IsTold_AndTheNextWordIsLookedAt()
    {
        var ledger = new RecordingLedger();
        var calls = 0;
        ledger.Merged = () => Interlocked.Increment(ref calls) == 1
            ? throw new Storage.StoreException("the disk is gone")
            : new MergeReport(1, 1, 0, 0, 0, 0, new Dictionary<EventVerdict, int>());
        await using var node = new BrokerNode(
            BrokerNode.OptionsFor(_broker.Port), plaza: new PlazaParts(ledger, ledger, null));
        await node.StartAsync();
        for (var i = 0; i < 2; i++) await SayAsync(NaraTopics.Chau, Goodbye(MakerOf("dave", 5), "dave", 5));
        await Patience.UntilAsync(() => Volatile.Read(ref calls) == 2, () => "the second is not looked at");
        Assert.That(
            node.Logs.Lines.Where(l => l.Event.Id == 5036).Select(l => l.Text),
            Is.EqualTo(new[] { "What was said on nara/plaza was not taken: the disk is gone. It comes by sync. "
                + "Told once a minute." }));
    }

    private static EventMaker MakerOf(string name, byte seed) =>
        new(KernelNode.IdentityOf(seed), name, Kinds, TimeProvider.System);

    private static EventKinds Kinds { get; } = NaraKinds.All();

    private static byte[] Hello(EventMaker maker, string name, byte key) => JsonOf(maker.Make(
        PresenceClaim.HeyThere, PresenceClaim.HeyThereOf(name, KernelNode.IdentityOf(key).Self)), name, key);

    private static byte[] Goodbye(EventMaker maker, string name, byte key) => JsonOf(maker.Make(
        PresenceClaim.Chau, PresenceClaim.ChauOf(name, KernelNode.IdentityOf(key).Self)), name, key);

    private static byte[] JsonOf(EventDecoding made, string name, byte key)
    {
        Assert.That(made.Event, Is.Not.Null, $"{name} {key}: {made.Reason}");
        var json = new ArrayBufferWriter<byte>();
        new EventCodec(Kinds).Encode(made.Event!, json);
        return json.WrittenSpan.ToArray();
    }

    private static string TextOf(MqttMessage message) => Encoding.UTF8.GetString(message.Payload.Span);

    private static string TextOf(KernelNode node, Event e)
    {
        var json = new ArrayBufferWriter<byte>();
        node.Write(e, json);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private Task SayAsync(string topic, byte[] payload) => PublishAsync(topic, payload, retain: false);

    private async Task PublishAsync(string topic, byte[] payload, bool retain)
    {
        var result = await Patience.ForAsync(_other.Mqtt.PublishAsync(
            new MqttMessage { Topic = topic, Payload = payload, Retain = retain, Qos = MqttQos.AtLeastOnce }));
        Assert.That(result.IsTaken, Is.True, result.Text);
    }
}
