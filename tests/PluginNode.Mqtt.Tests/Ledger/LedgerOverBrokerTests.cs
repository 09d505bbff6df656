using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Sync;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Tests.Frames;
using PluginNode.Mqtt.Wire;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>Ledgers over a real mosquitto: between two PluginNodes, with a nara that the test plays, and with somebody
/// who writes whatever they like.</summary>
[TestFixture]
internal sealed class LedgerOverBrokerTests : LedgerFixture
{
    [Test]
    public async Task TwoNodes_ExchangeTheEventsThemselves_PageByPage([Values("5.0", "3.1.1")] string protocol)
    {
        for (var i = 1; i <= 2_500; i++) BobLedger.Add(i, i, i % 2 == 0 ? "social" : "app", 200);
        var alice = Node("alice", AliceLedger, protocol: protocol);
        var bob = Node("bob", BobLedger, protocol: protocol);
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            var session = Session(bob.Id, "bob", "a0", "a1", "a2", "a3", "a4", "a5", "a6");
            var report = await RunAsync(alice, session);
            Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial), report.Reason);
            Assert.That(AliceLedger.Count, Is.EqualTo(2_500), report.Reason);
            Assert.That(AliceLedger.Days(), Is.EqualTo(BobLedger.Days()));
            Assert.That(session.Calls, Has.Count.GreaterThan(2), "pages");
            Assert.That(session.Calls.Select(c => c.Failure), Is.All.Null);
        }
    }

    [Test]
    public async Task Answers_HaveQos1_AndWhoAsksIsHeardOf()
    {
        BobLedger.Add(1, 1);
        var answers = await Other.ListenAsync("pluginnode/+/events", MqttQos.AtLeastOnce);
        var (alice, bob) = (Node("alice", AliceLedger), Node("bob", BobLedger));
        await using (alice)
        await using (bob)
        {
            await alice.StartAsync();
            await Broker.LoggedAsync($"{Topics.EventsOf(alice.Id)} (QoS 1)");
            alice.Peers.Add(bob.Id);
            bob.Peers.Add(alice.Id);
            await bob.StartAsync();
            await RunAsync(alice, Session(bob.Id, "bob", "a1"));
            Assert.That(AliceLedger.Count, Is.EqualTo(1));
            Assert.That((await Patience.ForAsync(answers.ReadAsync())).Qos, Is.EqualTo(MqttQos.AtLeastOnce));
            Assert.That(bob.Host.HeardOf(alice.Id), Is.True, "what alice has signed shows that it is there");
        }
    }

    [Test]
    public async Task ANara_IsAsked_ThoughSomebodyWatchesEverything()
    {
        await Other.ListenAsync("pluginnode/#"); // the broker does not say any more that nobody is there
        var requests = await Other.ListenAsync(NaraTopics.RequestTo("rec"));
        await using var alice = await Node("alice", AliceLedger).StartAsync();
        var session = Session(
            Plan(SomePeers.New(Chance), "rec") with { CallTime = TimeSpan.FromSeconds(2) }, "rec", "rec");
        session.Judge = _ => EventVerdict.Unsigned;
        var running = RunAsync(alice, session);
        await Patience.ForAsync(requests.ReadAsync());
        await AnswerAsync("alice", "rec", Social(1, "rec"));
        await running;
        Assert.That(session.Received, Is.EqualTo(new Dictionary<string, int> { ["rec"] = 1 }));
    }

    [Test]
    public async Task Days_AreTold_AsTheOtherLedgerHasThem([Values("5.0", "3.1.1")] string protocol)
    {
        const long day = 86_400_000_000_000;
        for (var i = 0; i < 3_000; i++) BobLedger.Add((20_000 + (i / 2)) * day, i, "app");
        var alice = Node("alice", AliceLedger, protocol: protocol);
        var bob = Node("bob", BobLedger, protocol: protocol);
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            Assert.That(
                await DaysAsync(alice, bob.Id, "mqtt:bob"), Is.EqualTo(BobLedger.Days()).And.Count.EqualTo(1_500));
            Assert.That(await DaysAsync(bob, alice.Id, "mqtt:alice"), Is.Empty, "it holds nothing, and says so");
            Assert.That(await DaysAsync(alice, bob.Id, "mesh+http://bob:1"), Is.Null, "not to be reached in this way");
        }
    }

    [Test]
    public async Task Days_OfANara_OfWhoDoesNotKnowThisNode_OrAnswersNobody_AreNotTold(
        [Values("nara", "stranger", "silent")] string who)
    {
        BobLedger.Add(1, 1);
        var alice = Node("alice", AliceLedger, timeout: "1s");
        var bob = Node("bob", BobLedger, answers: who != "silent");
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            if (who == "stranger") bob.Peers.Remove(alice.Id);
            var asked = who == "nara" ? SomePeers.New(Chance) : bob.Id;
            Assert.That(await DaysAsync(alice, asked, "mqtt:bob"), Is.Null);
        }
    }

    [Test]
    public async Task Clocks_ThatAreHoursApart_StillExchangeEvents()
    {
        BobLedger.Add(1, 1);
        var alice = Node("alice", AliceLedger, new OffsetTime(TimeSpan.FromHours(5)));
        var bob = Node("bob", BobLedger);
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            await RunAsync(alice, Session(bob.Id, "bob", "a1"));
            Assert.That(AliceLedger.Count, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task ANara_IsAskedAsNaraAsks_AndAnswersInSeveralResponses()
    {
        var requests = await Other.ListenAsync(NaraTopics.RequestTo("rec"));
        await using var alice = await Node("alice", AliceLedger).StartAsync();
        var session = Session(SomePeers.New(Chance), "rec", "alice", "rec");
        session.Judge = _ => EventVerdict.Unsigned;
        var running = RunAsync(alice, session);
        var request = await Patience.ForAsync(requests.ReadAsync());
        Assert.That(
            Encoding.UTF8.GetString(request.Payload.Span),
            Is.EqualTo("""{"From":"alice","Subjects":["alice","rec"]}"""));

        await AnswerAsync("alice", "somebody", Social(1, "alice")); // who was not asked
        await AnswerAsync("alice", "rec", Social(2, "carol")); // about whom nobody asked
        await AnswerAsync("alice", "rec", Social(3, "alice"), Social(4, "rec"));
        await AnswerAsync("alice", "rec", Social(5, "alice"));
        await running;
        Assert.That(session.Received, Is.EqualTo(new Dictionary<string, int> { ["rec"] = 3 }));
    }

    [Test]
    public async Task ASilentNeighboursShare_IsAskedOfAnother()
    {
        var requests = await Other.ListenAsync("nara/ledger/+/request");
        await using var alice = await Node("alice", AliceLedger, timeout: "1s").StartAsync();
        AliceLedger.Known.AddRange(Enumerable.Range(0, 20).Select(i => $"subject-{i}"));
        var session = new ScriptedSession(
            new SyncPlan
            {
                Purpose = SyncPurpose.Boot, Profile = MemoryProfile.Medium,
                Neighbours =
                [
                    new Neighbour("quiet", SomePeers.New(Chance), [Address("mqtt:quiet")]),
                    new Neighbour("rec", SomePeers.New(Chance), [Address("mqtt:rec")]),
                ],
            },
            AliceLedger);
        var running = RunAsync(alice, session);
        var asked = new List<string>();
        string share = "";
        while (asked.Count < 3)
        {
            var request = await Patience.ForAsync(requests.ReadAsync());
            asked.Add(request.Topic.Split('/')[2]);
            if (asked[^1] == "quiet") share = Encoding.UTF8.GetString(request.Payload.Span);
            else await AnswerAsync("alice", "rec");
            if (asked.Count == 3) Assert.That(Encoding.UTF8.GetString(request.Payload.Span), Is.EqualTo(share));
        }
        var report = await running;
        Assert.That(asked, Is.EquivalentTo((string[])["quiet", "rec", "rec"]));
        Assert.That(report.Reason, Does.Contain("quiet: no answer within"));
    }

    [Test]
    public async Task ANara_IsAnswered_InSeveralResponses_ToItsOwnTopicOnly()
    {
        for (var i = 1; i <= NaraAnswers.EventsEach + 1; i++) AliceLedger.Add(Json(Social(i, "rec")));
        AliceLedger.Add(9_999, 1, "app");
        var responses = await Other.ListenAsync(NaraTopics.ResponseTo("rec"));
        var elsewhere = await Other.ListenAsync("elsewhere");
        await using var alice = await Node("alice", AliceLedger, knows: "rec").StartAsync();
        await AskAsync("alice", new NaraLedgerRequest("rec", ["rec"]), responseTopic: "elsewhere");
        var all = new List<NaraSocial>();
        while (all.Count <= NaraAnswers.EventsEach)
        {
            var payload = (await Patience.ForAsync(responses.ReadAsync())).Payload;
            var response = NaraLedgerResponse.Read(payload.Span)!;
            Assert.That(response.From, Is.EqualTo("alice"));
            Assert.That(response.Events, Has.Count.InRange(1, NaraAnswers.EventsEach));
            all.AddRange(response.Events);
        }
        Assert.That(all.Select(e => e.Timestamp), Is.EqualTo(Enumerable.Range(1, all.Count)));

        await AskAsync("alice", new NaraLedgerRequest("rec", ["nobody"]));
        Assert.That(
            Encoding.UTF8.GetString((await Patience.ForAsync(responses.ReadAsync())).Payload.Span),
            Is.EqualTo("""{"From":"alice","Events":null}"""));
        Assert.That(elsewhere.TryRead(out _), Is.False);
    }

    [Test]
    public async Task WhoIsNotKnown_AsksTooOften_OrNamesAnotherTopic_IsNotAnswered_AndFramesMoveOn()
    {
        var responses = await Other.ListenAsync("nara/ledger/#", MqttQos.AtLeastOnce);
        var (alice, bob) = (Node("alice", AliceLedger, knows: "rec"), Node("bob", BobLedger));
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            await AskAsync("alice", new NaraLedgerRequest("stranger", ["rec"]));
            await AskAsync("alice", new NaraLedgerRequest("rec/response", ["rec"]));
            await AskAsync("alice", new NaraLedgerRequest("alice", ["rec"]));
            for (var i = 0; i < 500; i++) await AskAsync("alice", new NaraLedgerRequest("rec", ["rec"]));
            var outcomes = await bob.SendAsync(alice, SomeFrames.Of(1, 10));
            Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
            await Patience.UntilAsync(
                () => alice.Logs.Lines.Any(l => l.Event.Id == 5033), () => "it is told that some are not answered");
            Assert.That(alice.Logs.Lines.Count(l => l.Event.Id == 5032), Is.EqualTo(1), "the stranger");
            await alice.StopAsync();
        }
        await Other.Mqtt.PublishAsync(new MqttMessage { Topic = "nara/ledger/end", Qos = MqttQos.AtLeastOnce });
        var answered = new List<string>();
        await foreach (var message in UpTo(responses, "nara/ledger/end"))
            if (!message.Topic.EndsWith("/request", StringComparison.Ordinal)) answered.Add(message.Topic);
        Assert.That(answered, Is.All.EqualTo(NaraTopics.ResponseTo("rec")));
        Assert.That(answered, Has.Count.InRange(1, 100));
    }

    [Test]
    public async Task AReadOnlyNode_AnswersNobody()
    {
        AliceLedger.Add(1, 1);
        var (alice, bob) = (Node("alice", AliceLedger, answers: false, knows: "rec"), Node("bob", BobLedger));
        var responses = await Other.ListenAsync(NaraTopics.ResponseTo("rec"));
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            var report = await RunAsync(bob, Session(alice.Id, "alice", "a1"), BobLedger, "bob");
            Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed), report.Reason);
            Assert.That(BobLedger.Count, Is.Zero);
            await AskAsync("alice", new NaraLedgerRequest("rec", ["a1"]));
            await bob.SendAsync(alice, SomeFrames.Of(1, 10)); // behind the request
            Assert.That(responses.TryRead(out _), Is.False);
        }
    }

    [Test]
    public async Task ASignedRequest_OfAStranger_OrReplayed_IsNotAnswered()
    {
        AliceLedger.Add(1, 1);
        var (alice, bob) = (Node("alice", AliceLedger), Node("bob", BobLedger));
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            var requests = await Other.ListenAsync(Topics.LedgerOf(alice.Id));
            var answers = await Other.ListenAsync("pluginnode/+/events");
            await RunAsync(bob, Session(alice.Id, "alice", "a1"), BobLedger, "bob");
            var request = await Patience.ForAsync(requests.ReadAsync());
            await Patience.ForAsync(answers.ReadAsync());

            await PublishAsync(request.Topic, request.Payload);
            var stranger = SomePeers.New(Chance);
            var body = new EventsAsk { Subjects = ["a1"], Limit = 1 }.ToJson();
            var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            await PublishAsync(request.Topic, new FrameRequest(stranger, alice.Id, 7, now, now)
                .Write(body, [], FrameRequest.EventsUse, new MemorySigner(stranger)));
            await PublishAsync(request.Topic, new FrameRequest(bob.Id, alice.Id, 8, now, now)
                .Write(body, [], FrameRequest.Use, bob.Node.Signer)); // signed for frames
            await RunAsync(bob, Session(alice.Id, "alice", "a2"), BobLedger, "bob");
            var told = await Patience.ForAsync(answers.ReadAsync());
            Assert.That(FrameAnswer.TryRead(told.Payload.Span, out var answer), Is.True);
            Assert.That(FrameRequest.TryRead(request.Payload.Span, out var first), Is.True);
            UInt128[] before = [first.Nonce, 7, 8];
            Assert.That(before, Does.Not.Contain(answer.Nonce), "one of those before was answered");
            Assert.That(
                alice.Logs.Lines.Select(l => l.Event.Id), Is.SupersetOf((int[])[5022, 5023, 5026]));
        }
    }

    private static Task<IReadOnlyList<LedgerDay>?> DaysAsync(BrokerNode node, PeerId neighbour, string address) =>
        Patience.ForAsync(new NeighbourDays(() => node.Transport.LedgerCalls, TimeSpan.FromSeconds(2)).DaysAsync(
            new Neighbour("bob", neighbour, [Address(address)]), CancellationToken.None));

    private static async IAsyncEnumerable<MqttMessage> UpTo(ChannelReader<MqttMessage> reader, string topic)
    {
        while (await Patience.ForAsync(reader.ReadAsync()) is { } message && message.Topic != topic)
            yield return message;
    }
}
