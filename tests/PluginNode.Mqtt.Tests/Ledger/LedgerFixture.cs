using System.Text.Json.Nodes;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Sync;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Mqtt.Wire;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>Ledgers over a real mosquitto: alice, bob, and somebody else.</summary>
internal abstract class LedgerFixture
{
    /// <summary>What else its configuration says.</summary>
    protected virtual string[] BrokerLines => [];

    protected SeededChance Chance { get; } = SeededChance.Printed();

    protected MemoryLedger AliceLedger { get; private set; } = null!;

    protected MemoryLedger BobLedger { get; private set; } = null!;

    protected Mosquitto Broker { get; private set; } = null!;

    /// <summary>Who writes and reads whatever they like.</summary>
    protected TestClient Other { get; private set; } = null!;

    [SetUp]
    public async Task SetUp()
    {
        Broker = await Mosquitto.StartAsync(["allow_anonymous true", .. BrokerLines]);
        Other = await TestClient.ConnectedAsync(TestClient.Options(Broker.Port, "other"));
        (AliceLedger, BobLedger) = (new MemoryLedger(), new MemoryLedger());
    }

    [TearDown]
    public async Task TearDown()
    {
        if (Other is not null) await Other.DisposeAsync();
        if (Broker is not null) await Broker.DisposeAsync();
    }

    protected MqttOptions Options => BrokerNode.OptionsFor(Broker.Port);

    protected static PeerAddress Address(string text) =>
        PeerAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    protected static NaraSocial Social(long time, string actor) => new(time, "tease", actor, "x", "random", "");

    protected static JsonNode Json(NaraSocial social) => JsonNode.Parse(social.ToUnsignedEvent())!;

    protected static async Task MeetAsync(BrokerNode a, BrokerNode b)
    {
        a.Peers.Add(b.Id);
        b.Peers.Add(a.Id);
        await a.StartAsync();
        await b.StartAsync();
        await Patience.UntilAsync(
            () => a.Changes.All.Contains((b.Id, true)) && b.Changes.All.Contains((a.Id, true)),
            () => "they do not meet");
    }

    protected BrokerNode Node(
        string name, MemoryLedger ledger, TimeProvider? time = null, string protocol = "auto", bool answers = true,
        string? knows = null, string timeout = "10s") =>
        new(Options with { Protocol = protocol, SendTimeout = timeout }, time, ledger: new LedgerParts(
            ledger, ledger, name, new KnownNames(knows is null ? [] : [knows])) { Answers = answers });

    protected static SyncPlan Plan(PeerId neighbour, string name) => new()
    {
        Purpose = SyncPurpose.Boot, Profile = MemoryProfile.Medium, CallTime = TimeSpan.FromSeconds(5),
        Neighbours = [new Neighbour(name, neighbour, [Address($"mqtt:{name}")])],
    };

    protected ScriptedSession Session(PeerId neighbour, string name, params string[] subjects) =>
        Session(Plan(neighbour, name), name, subjects);

    protected ScriptedSession Session(SyncPlan plan, string name, params string[] subjects)
    {
        var ledger = name is "bob" or "rec" ? AliceLedger : BobLedger;
        ledger.Known.Clear();
        ledger.Known.AddRange(subjects);
        return new ScriptedSession(plan, ledger);
    }

    protected Task<SyncReport> RunAsync(
        BrokerNode node, ScriptedSession session, MemoryLedger? ledger = null, string name = "alice") =>
        new LedgerStrategy(
            () => node.Transport.LedgerCalls,
            new LedgerParts(ledger ?? AliceLedger, ledger ?? AliceLedger, name, null), new MemoryPeers(),
            TimeSpan.FromSeconds(1), TimeProvider.System).SyncAsync(session, CancellationToken.None);

    protected Task AnswerAsync(string to, string from, params NaraSocial[] events) =>
        PublishAsync(NaraTopics.ResponseTo(to), new NaraLedgerResponse(from, events).ToJson());

    protected Task AskAsync(string who, NaraLedgerRequest request, string? responseTopic = null) =>
        PublishAsync(NaraTopics.RequestTo(who), request.ToJson(), responseTopic);

    protected async Task PublishAsync(string topic, ReadOnlyMemory<byte> payload, string? responseTopic = null)
    {
        var result = await Patience.ForAsync(Other.Mqtt.PublishAsync(
            new MqttMessage { Topic = topic, Payload = payload, ResponseTopic = responseTopic }));
        Assert.That(result.IsTaken, Is.True, result.Text);
    }

    private sealed class KnownNames(string[] names) : IEventKeys
    {
        public PeerId? Find(string name) =>
            names.Contains(name) ? PeerId.FromPublicKey(new byte[PeerId.KeyBytes]) : null;

        public IReadOnlyList<string> Names() => names;
    }
}
