using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Tests.Broker;
using PluginNode.Mqtt.Wire;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>Ledgers where little gets through: a broker that takes small packets only.</summary>
[TestFixture]
internal sealed class LedgerLimitsTests : LedgerFixture
{
    protected override string[] BrokerLines => ["max_packet_size 3000"];

    [Test]
    public async Task WhatNoAnswerHasRoomFor_IsLeftOut_AndTold_AndTheRestComes()
    {
        for (var i = 1; i <= 20; i++) BobLedger.Add(i, 1, "app", i % 3 == 0 ? 4_000 : 500);
        var (alice, bob) = (Node("alice", AliceLedger), Node("bob", BobLedger));
        await using (alice)
        await using (bob)
        {
            await MeetAsync(alice, bob);
            // with pages of one event, one that is left out would be a page without any
            var session = Session(Plan(bob.Id, "bob") with { PageEvents = 1 }, "bob", "a1");
            var report = await RunAsync(alice, session);
            Assert.That(report.Reason, Is.EqualTo("1 parts of 1 came, of who is known here"));
            Assert.That(AliceLedger.Count, Is.EqualTo(14), report.Reason);
            Assert.That(bob.Logs.Lines.Count(l => l.Event.Id == 5039), Is.EqualTo(1), "told once a minute");
        }
    }

    [Test]
    public async Task ANara_IsToldInAsManyResponsesAsGetThrough()
    {
        var most = new string('x', 900);
        for (var i = 1; i <= 10; i++) AliceLedger.Add(Json(Social(i, "rec") with { Reason = most }));
        var responses = await Other.ListenAsync(NaraTopics.ResponseTo("rec"));
        await using var alice = await Node("alice", AliceLedger, knows: "rec").StartAsync();
        await AskAsync("alice", new NaraLedgerRequest("rec", ["rec"]));
        var times = new List<long>();
        while (times.Count < 10)
        {
            var payload = (await Patience.ForAsync(responses.ReadAsync())).Payload;
            times.AddRange(NaraLedgerResponse.Read(payload.Span)!.Events.Select(e => e.Timestamp));
        }
        Assert.That(times, Is.EqualTo(Enumerable.Range(1, 10)));
    }

    [Test]
    public async Task WhatANaraCannotBeTold_IsLogged()
    {
        AliceLedger.Add(Json(Social(1, "rec") with { Reason = new string('x', 4_000) }));
        await using var alice = await Node("alice", AliceLedger, knows: "rec").StartAsync();
        await AskAsync("alice", new NaraLedgerRequest("rec", ["rec"]));
        await Patience.UntilAsync(
            () => alice.Logs.Lines.Any(l => l.Event.Id == 5040), () => "it is not told that nobody was answered");
        Assert.That(
            alice.Logs.Lines.Single(l => l.Event.Id == 5040).Text, Does.Contain("the broker takes 3000"));
    }

    [Test]
    public void Responses_AreCutByEventsAndByBytes_AndOneAtLeastIsMade()
    {
        var small = Enumerable.Range(1, 7).Select(i => Social(i, "a")).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(Counts(small, 3, 1 << 20), Is.EqualTo(new[] { 3, 3, 1 }));
            Assert.That(Counts(small, 100, 1), Is.EqualTo(Enumerable.Repeat(1, 7)));
            Assert.That(Counts([], 100, 1), Is.EqualTo(new[] { 0 }));
        });

        static List<int> Counts(List<NaraSocial> events, int mostEvents, long mostBytes) =>
            [.. NaraLedgerResponse.Cut(events, mostEvents, mostBytes).Select(part => part.Count)];
    }
}
