using PluginNode.Events;
using PluginNode.NaraEvents.Presence;
using PluginNode.Sync;

namespace PluginNode.NaraEvents.Tests;

/// <summary>What events say about a peer.</summary>
[TestFixture]
public sealed class PresenceTests
{
    private const string Key = "YMeOGobWbgA5laI3ALxGC3K4CFLiejLIq4Sce+Tgzos=";

    [Test]
    public async Task HeyThereAndChau_TheLaterOneCounts()
    {
        var ledger = new SomeLedger().Add(100, "hey-there", Hey("bob")).Add(200, "chau", Chau("bob"))
            .Add(50, "chau", Chau("eve")).Add(60, "hey-there", Hey("eve"));
        var (bob, eve) = (await FindAsync(ledger, "bob"), await FindAsync(ledger, "eve"));
        Assert.Multiple(() =>
        {
            Assert.That((bob!.IsUp, bob.LastSeen), Is.EqualTo(((bool?)false, At(200))), "a goodbye is a sign of life");
            Assert.That((eve!.IsUp, eve.LastSeen), Is.EqualTo(((bool?)true, At(60))));
            Assert.That((eve.Restarts, eve.PingMilliseconds, eve.Pings), Is.EqualTo(((int?)null, (double?)null, 0)));
        });
    }

    [TestCase("hey-there")]
    [TestCase("chau")]
    public async Task HeyThereOrChau_InSomebodyElsesName_SaysNothing(string service)
    {
        var data = service == "chau" ? Chau("bob") : Hey("bob");
        var ledger = new SomeLedger().Add(100, service == "chau" ? "hey-there" : "chau",
            service == "chau" ? Hey("bob") : Chau("bob")).Add(200, service, data, emitter: "mallory");
        var bob = await FindAsync(ledger, "bob");
        Assert.That((bob!.IsUp, bob.LastSeen), Is.EqualTo(((bool?)(service == "chau"), At(100))));
        Assert.That(await FindAsync(ledger, "mallory"), Is.Null);
    }

    [Test]
    public async Task Seen_IsAboutTheSubjectAndNotTheObserver()
    {
        var ledger = new SomeLedger().Add(100, "chau", Chau("bob"))
            .Add(300, "seen", """{"observer":"alice","subject":"bob","via":"mesh"}""");
        var bob = await FindAsync(ledger, "bob");
        Assert.That((bob!.IsUp, bob.LastSeen), Is.EqualTo(((bool?)true, At(300))));
        Assert.That(await FindAsync(ledger, "alice"), Is.Null);
    }

    [TestCase("ONLINE", true, 20)]
    [TestCase("OFFLINE", false, 10)]
    [TestCase("MISSING", false, 10)]
    public async Task StatusChange_SaysWhetherItIsUp_ButWhoIsMissedWasNotSeen(string state, bool isUp, long seen)
    {
        var ledger = new SomeLedger().Add(10, "hey-there", Hey("bob")).Add(20, "observation", Status("bob", state));
        var bob = await FindAsync(ledger, "bob");
        Assert.That((bob!.IsUp, bob.LastSeen), Is.EqualTo(((bool?)isUp, At(seen))));
    }

    [Test]
    public async Task RestartsAndFirstSights_SayNothingOfTheMoment()
    {
        var ledger = new SomeLedger().Add(10, "observation", Restart("bob", 5, 3))
            .Add(20, "observation", Restart("bob", 7, 0)).Add(30, "observation", """
                {"observer":"a","subject":"eve","type":"first-seen","importance":3,"start_time":9}
                """);
        var bob = await FindAsync(ledger, "bob");
        Assert.That((bob!.IsUp, bob.LastSeen, bob.Restarts), Is.EqualTo(((bool?)null, (DateTimeOffset?)null, (int?)3)));
        Assert.That(await FindAsync(ledger, "eve"), Is.Null, "nothing that is asked for is known");
    }

    [Test]
    public async Task Restarts_WithoutACheckpoint_AreTheMostThatIsTold()
    {
        var ledger = new SomeLedger().Add(10, "observation", Restart("bob", 5, 0))
            .Add(20, "observation", Restart("bob", 7, 0)).Add(30, "observation", Restart("bob", 7, 1));
        Assert.That((await FindAsync(ledger, "bob"))!.Restarts, Is.EqualTo(2), "two different starts");
    }

    [Test]
    public async Task Restarts_AfterTheNewestCheckpoint_AreCountedBesideIt()
    {
        var ledger = new SomeLedger().Add(900, "checkpoint", Checkpoint("bob", 500, 40))
            .Add(800, "checkpoint", Checkpoint("bob", 600, 47)).Add(10, "observation", Restart("bob", 600, 99))
            .Add(20, "observation", Restart("bob", 601, 99)).Add(21, "observation", Restart("bob", 601, 98))
            .Add(30, "observation", Restart("bob", 700, 1));
        Assert.That((await FindAsync(ledger, "bob"))!.Restarts, Is.EqualTo(49));
    }

    [Test]
    public async Task Restarts_BeyondWhatFits_AreTheMostThatFits()
    {
        var ledger = new SomeLedger().Add(10, "observation", Restart("bob", 1, long.MaxValue));
        Assert.That((await FindAsync(ledger, "bob"))!.Restarts, Is.EqualTo(int.MaxValue));
    }

    [Test]
    public async Task Pings_AreAveragedOverAllObservers_OfTheTarget()
    {
        var ledger = new SomeLedger().Add(10, "ping", Ping("alice", "bob", "10"))
            .Add(20, "ping", Ping("eve", "bob", "25"))
            .Add(30, "ping", Ping("eve", "bob", "40")).Add(40, "ping", Ping("eve", "bob", "1e1"))
            .Add(50, "ping", Ping("bob", "alice", "7"));
        var bob = await FindAsync(ledger, "bob");
        Assert.That((bob!.PingMilliseconds, bob.Pings, bob.IsUp), Is.EqualTo(((double?)21.25, 4, (bool?)null)));
    }

    [Test]
    public async Task Update_MemberNamesInAnotherCase_AreReadAsTheKindsReadThem()
    {
        var ledger = new SomeLedger().Add(10, "hey-there", $$"""{"fROM":"b\u00f6b","PUBLICKEY":"{{Key}}"}""");
        Assert.That((await FindAsync(ledger, "böb"))!.IsUp, Is.True);
    }

    [Test]
    public async Task Update_ReplacesWhatWasKnown()
    {
        var projection = new PresenceProjection();
        await projection.UpdateAsync(new SomeLedger().Add(10, "hey-there", Hey("bob")), CancellationToken.None);
        await projection.UpdateAsync(new SomeLedger().Add(10, "hey-there", Hey("eve")), CancellationToken.None);
        Assert.That(projection.Find("bob"), Is.Null, "the ledger holds it no longer");
        Assert.That(projection.Find("eve"), Is.Not.Null);
    }

    [Test]
    public async Task Update_ThatIsCancelled_LeavesWhatWasKnown()
    {
        var projection = new PresenceProjection();
        await projection.UpdateAsync(new SomeLedger().Add(10, "hey-there", Hey("bob")), CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var ledger = new SomeLedger { OnRead = query => { if (query.Services[0] == "ping") stop.Cancel(); } }
            .Add(20, "ping", Ping("a", "b", "1")).Add(21, "ping", Ping("a", "b", "2"))
            .Add(22, "ping", Ping("a", "b", "3")).Add(23, "ping", Ping("a", "b", "4")).Add(24, "chau", Chau("bob"));
        Assert.ThrowsAsync<OperationCanceledException>(() => projection.UpdateAsync(ledger, stop.Token));
        Assert.That(projection.Find("bob")!.IsUp, Is.True);
        Assert.That(projection.Find("b"), Is.Null);
    }

    [Test]
    public void Tally_TheSameFactsInAnotherOrder_SayTheSame([Values(1, 2, 3, 4, 5, 6, 7, 8)] int seed)
    {
        var facts = Facts().Index().Select(f => (f.Item, At: CursorOf(f.Index))).ToArray();
        var expected = Sum(facts);
        var shuffled = facts.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.That(Sum(shuffled), Is.EqualTo(expected));
    }

    private static IEnumerable<Fact> Facts()
    {
        for (var i = 0; i < 5; i++)
        {
            yield return new Fact("bob") { RoundTrip = 0.1 * (i + 1) };
            yield return new Fact("bob") { IsUp = i % 2 == 0, WasSeen = i % 3 == 0 };
            yield return new Fact("bob") { Start = 100 + i, Restarts = i };
            yield return new Fact("bob") { AsOf = 102, Restarts = 10 + i };
        }
    }

    // Two of each share a timestamp: the id decides then.
    private static LedgerCursor CursorOf(int index) =>
        new(1 + (index / 8), SomeLedger.Tell(1, "seen", $"{index}").Id);

    private static PeerPresence Sum(IEnumerable<(Fact Fact, LedgerCursor At)> facts)
    {
        var tally = new Tally();
        foreach (var (fact, at) in facts) tally.Add(fact, at);
        return tally.ToPresence();
    }

    private static async Task<PeerPresence?> FindAsync(ILedger ledger, string name)
    {
        var projection = new PresenceProjection();
        await projection.UpdateAsync(ledger, CancellationToken.None);
        return projection.Find(name);
    }

    private static DateTimeOffset? At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static string Hey(string name) => $$"""{"From":"{{name}}","PublicKey":"{{Key}}"}""";

    private static string Chau(string name) => $$"""{"From":"{{name}}","PublicKey":""}""";

    private static string Status(string subject, string state) => $$"""
        {"observer":"a","subject":"{{subject}}","type":"status-change","importance":2,"online_state":"{{state}}"}
        """;

    private static string Restart(string subject, long start, long restarts) => $$"""
        {"observer":"a","subject":"{{subject}}","type":"restart","importance":3,"start_time":{{start}},
         "restart_num":{{restarts}}}
        """;

    private static string Checkpoint(string subject, long asOf, long restarts) => $$"""
        {"subject":"{{subject}}","as_of_time":{{asOf}},"observation":{"restarts":{{restarts}}},"voter_ids":[],
         "signatures":[]}
        """;

    private static string Ping(string observer, string target, string milliseconds) =>
        $$"""{"observer":"{{observer}}","target":"{{target}}","rtt":{{milliseconds}}}""";
}
