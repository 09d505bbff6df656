using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What <c>mesh-pages</c> asks of whom, without a network between.</summary>
[TestFixture]
internal sealed class PagesStrategyTests
{
    private const long Day = 86_400_000_000_000;
    private const long Start = 20_000 * Day;

    private MemoryLedger _ours = null!;
    private ScriptedNeighbours _calls = null!;
    private ManualTime _time = null!;
    private PagesStrategy _strategy = null!;

    [SetUp]
    public void SetUp()
    {
        (_ours, _calls, _time) = (new MemoryLedger(), new ScriptedNeighbours(), new ManualTime());
        _strategy = new PagesStrategy(_calls, _ours, _time);
    }

    private static void Fill(MemoryLedger ledger, int days, int each, int from = 0)
    {
        for (var day = from; day < from + days; day++)
            for (var i = 0; i < each; i++) ledger.Add(Start + (day * Day) + (i * 1_000_000L), i);
    }

    private ScriptedSession Session(
        SyncPurpose purpose = SyncPurpose.Boot, long since = 0, int page = 100, MemoryProfile? profile = null) =>
        new(
            new SyncPlan
            {
                Purpose = purpose, Neighbours = _calls.Plan(since), Profile = profile ?? MemoryProfile.Medium,
                PageEvents = page,
            },
            _ours);

    private Task<SyncReport> SyncAsync(ScriptedSession session) =>
        _strategy.SyncAsync(session, CancellationToken.None);

    private static SyncReply Fails(AskOutcome outcome = AskOutcome.WrongSignature) =>
        SyncReply.Failed(outcome, "as scripted");

    [Test]
    public async Task Several_ThatHoldTheSame_ShareTheWorkAndNothingComesTwice()
    {
        for (var n = 0; n < 4; n++) Fill(_calls.Add($"n{n}").Ledger, 40, 25);
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.EquivalentTo(session.Plan.Neighbours.Select(n => n.Id)));
        Assert.That(_ours.Count, Is.EqualTo(1000));
        Assert.That(session.ReceivedInAll, Is.EqualTo(1000));
        Assert.That(session.Received.Keys, Has.Count.EqualTo(4), "all of them gave some");
        Assert.That(_calls.Asked, Has.Count.EqualTo(10), "4 days make a page");
        Assert.That(session.Calls, Has.Count.EqualTo(14), "and each told its days once");
        Assert.That(session.Expected, Is.EqualTo(1000));
    }

    [Test]
    public async Task Several_WithDisjointLedgers_AreAllRead()
    {
        for (var n = 0; n < 3; n++) Fill(_calls.Add($"n{n}").Ledger, 5, 30, n * 5);

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_ours.Count, Is.EqualTo(450));
    }

    [Test]
    public async Task Several_ThatOverlap_GiveEachKindOfADayOnce()
    {
        for (var n = 0; n < 3; n++)
        {
            var ledger = _calls.Add($"n{n}").Ledger;
            Fill(ledger, 20, 30);
            ledger.Add(Start + (n * Day) + 5, 1000 + n);
        }
        var session = Session(page: 30);

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_ours.Count, Is.EqualTo(603));
        Assert.That(session.ReceivedInAll, Is.InRange(603, (17 * 30) + (3 * (31 + 30))), "the other days came once");
    }

    [Test]
    public async Task Days_ThatAgree_CostNoEvent()
    {
        for (var n = 0; n < 2; n++) Fill(_calls.Add($"n{n}").Ledger, 10, 20);
        Fill(_ours, 7, 20);
        var first = Session();
        await SyncAsync(first);
        Assert.That(first.ReceivedInAll, Is.EqualTo(60));

        var second = Session();
        var report = await SyncAsync(second);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete));
        Assert.That(report.ReadToEnd, Has.Count.EqualTo(2));
        Assert.That(second.ReceivedInAll, Is.Zero);
        Assert.That(second.Calls, Has.Count.EqualTo(2), "days only");
    }

    [TestCase(SyncPurpose.Boot)]
    [TestCase(SyncPurpose.Background)]
    public async Task GapOfAMinute_CostsTheGap(SyncPurpose purpose)
    {
        Fill(_ours, 1, 2000);
        for (var n = 0; n < 4; n++)
        {
            var ledger = _calls.Add($"n{n}").Ledger;
            Fill(ledger, 1, 2000);
            for (var i = 0; i < 20; i++) ledger.Add(Start + 60_000_000_000 + i, i);
        }
        var session = Session(purpose, since: Start + (1990 * 1_000_000L));

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_ours.Count, Is.EqualTo(2020));
        Assert.That(session.ReceivedInAll, Is.EqualTo(30), "the overlap and the gap, from one of those that agree");
    }

    [Test]
    public async Task OldEvents_ThatCameLateToANeighbour_AreFoundAfterTheGap()
    {
        Fill(_ours, 10, 50);
        var beta = _calls.Add("beta");
        Fill(beta.Ledger, 10, 50);
        beta.Ledger.Add(Start + (3 * Day) + 7, 777);
        beta.Ledger.Add(Start + (10 * Day), 888);
        var session = Session(SyncPurpose.Background, since: Start + (10 * Day));

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_ours.Count, Is.EqualTo(502));
        Assert.That(session.ReceivedInAll, Is.EqualTo(1 + 51), "what is new, and the one day that differed");
    }

    [Test]
    public async Task Tail_GrowsWhileItIsRead_TheDaysAreComparedAnew()
    {
        Fill(_ours, 1, 300);
        var beta = _calls.Add("beta");
        Fill(beta.Ledger, 1, 300);
        beta.Ledger.Add(Start + 60_000_000_000, 1);
        beta.Before = (_, _) =>
        {
            beta.Ledger.Add(Start + 60_000_000_001, 2);
            return Task.CompletedTask;
        };
        var session = Session(SyncPurpose.Background, since: Start + 60_000_000_000);

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(session.ReceivedInAll, Is.EqualTo(2), "and not the whole day");
    }

    [TestCase(AskOutcome.Unreachable)]
    [TestCase(AskOutcome.WrongSignature)]
    [TestCase(AskOutcome.Malformed)]
    [TestCase(AskOutcome.TooLarge)]
    [TestCase(AskOutcome.TooSlow)]
    public async Task OneThatFailsAlways_IsLeftOutAndNamed(AskOutcome outcome)
    {
        Fill(_calls.Add("good").Ledger, 10, 25);
        var bad = _calls.Add("bad");
        bad.Answer = _ => Fails(outcome);
        bad.AnswerDays = () => new DaysReply(Fails(outcome), []);
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Is.EqualTo("bad: as scripted"));
        Assert.That(report.ReadToEnd, Is.EqualTo([session.Plan.Neighbours[0].Id]));
        Assert.That(_ours.Count, Is.EqualTo(250));
        Assert.That(session.Calls.Count(c => c.Neighbour.Name == "bad" && c.Failure is not null), Is.EqualTo(3));
    }

    [Test]
    public async Task AllThatFail_AreAFailure()
    {
        for (var n = 0; n < 2; n++)
        {
            var bad = _calls.Add($"n{n}");
            bad.AnswerDays = () => new DaysReply(Fails(AskOutcome.Unreachable), []);
        }

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(report.Reason, Is.EqualTo("n0: as scripted; n1: as scripted"));
    }

    [Test]
    public async Task CallsThatFail_GoToAnotherThatHoldsTheSame()
    {
        Fill(_calls.Add("good").Ledger, 10, 25);
        var bad = _calls.Add("bad");
        Fill(bad.Ledger, 10, 25);
        bad.Answer = _ => Fails(AskOutcome.Unreachable);

        var report = await SyncAsync(Session());

        Assert.That(_ours.Count, Is.EqualTo(250));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), "it agrees, as far as it said");
    }

    [Test]
    public async Task OneThatFailsOnce_IsAskedAgain()
    {
        var beta = _calls.Add("beta");
        Fill(beta.Ledger, 10, 25);
        var calls = 0;
        beta.Answer = _ => ++calls % 2 == 0 ? Fails(AskOutcome.TooSlow) : null;

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_ours.Count, Is.EqualTo(250));
    }

    [Test]
    public async Task OneThatSaysToHoldTheSameAndGivesNothing_IsNotBelieved()
    {
        var liar = _calls.Add("liar");
        Fill(liar.Ledger, 10, 25);
        liar.Answer = _ => ScriptedNeighbour.Of([]);
        Fill(_calls.Add("good").Ledger, 10, 25);

        var report = await SyncAsync(Session(page: 25));

        Assert.That(_ours.Count, Is.EqualTo(250));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete));
    }

    [Test]
    public async Task OneThatAltersEvents_CostsTheOthersNothing()
    {
        var eve = _calls.Add("eve");
        Fill(eve.Ledger, 10, 25);
        eve.Answer = request =>
        {
            var truth = eve.Truth(request);
            var text = System.Text.Encoding.UTF8.GetString(truth.Events[0].Span).Replace("xx", "altered");
            return truth with { Events = [System.Text.Encoding.UTF8.GetBytes(text), .. truth.Events.Skip(1)] };
        };
        Fill(_calls.Add("good").Ledger, 10, 25);

        var report = await SyncAsync(Session(page: 25));

        Assert.That(_ours.Count, Is.EqualTo(250), "what it altered came from the other");
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete));
    }

    [Test]
    public async Task ASlowOne_HoldsUpNobody()
    {
        var held = new TaskCompletionSource();
        var slow = _calls.Add("slow");
        slow.BeforeDays = _ => held.Task;
        Fill(slow.Ledger, 10, 25);
        Fill(_calls.Add("good").Ledger, 10, 25);
        var merged = new TaskCompletionSource();
        var session = Session();
        session.Before = () =>
        {
            if (session.ReceivedInAll >= 200) merged.TrySetResult();
            return Task.CompletedTask;
        };

        var syncing = SyncAsync(session);
        await merged.Task;
        Assert.That(syncing.IsCompleted, Is.False, "it may hold something else");
        held.SetResult();
        var report = await syncing;

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(session.Received.Keys, Is.EqualTo(["good"]));
    }

    [TestCase(EventVerdict.WrongSignature)]
    [TestCase(EventVerdict.UnknownKey)]
    [TestCase(EventVerdict.Valid)]
    public async Task WhatIsNotTaken_IsReadOnceAndNotAgain(EventVerdict verdict)
    {
        for (var n = 0; n < 2; n++) Fill(_calls.Add($"n{n}").Ledger, 10, 25);
        ScriptedSession Next(SyncPurpose purpose) => new(Session(purpose).Plan, _ours)
        {
            // valid ones find no room
            Judge = e => (long)e["ts"]! % Day == 3_000_000 ? verdict : EventVerdict.Valid,
            Prunes = e => (long)e["ts"]! % Day == 3_000_000,
        };
        var boot = Next(SyncPurpose.Boot);

        var report = await SyncAsync(boot);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_ours.Count, Is.EqualTo(240));
        var isRejected = verdict == EventVerdict.WrongSignature;
        Assert.That(boot.ReceivedInAll, Is.EqualTo(isRejected ? 500 : 250), "a rejected one may come right from others");

        var background = Next(SyncPurpose.Background);
        await SyncAsync(background);
        Assert.That(background.ReceivedInAll, Is.Zero, "what was read and has not changed");

        _time.Advance(TimeSpan.FromDays(1));
        var later = Next(SyncPurpose.Background);
        await SyncAsync(later);
        Assert.That(later.ReceivedInAll, Is.EqualTo(isRejected ? 500 : 250), "a key may be known by now");
    }

    [Test]
    public async Task ANaraPeer_IsReadPageAfterPageFromSinceOn()
    {
        var nara = _calls.Add("nara", isPluginNode: false);
        for (var i = 0; i < 100; i++) nara.Ledger.Add(Start + (i / 3), i);
        var session = Session(since: Start + 10, page: 7);

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.EqualTo([nara.Id]));
        Assert.That(_ours.Count, Is.EqualTo(70), "nothing that shares a page's last timestamp is left out");
        Assert.That(_calls.MostUnderWay, Is.EqualTo(1));
        Assert.That(session.Calls.Count(c => c.Failure is not null), Is.Zero, "to have no days is no failure");
    }

    [Test]
    public async Task AnOlderPeer_IsAskedOnceAndNotReadToItsEnd()
    {
        var peer = _calls.Add("nara", isPluginNode: false);
        for (var i = 0; i < 300; i++) peer.Ledger.Add(Start + i, i);
        var old = new ScriptedNeighbour("nara", peer.Id) { IsOlder = true };
        for (var i = 0; i < 300; i++) old.Ledger.Add(Start + i, i);
        peer.Answer = old.Truth;

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Does.Contain("older peer"));
        Assert.That(report.ReadToEnd, Is.Empty);
        Assert.That(_calls.Asked, Has.Count.EqualTo(1));
        Assert.That(_ours.Count, Is.EqualTo(101), "what came is merged");
    }

    [Test]
    public async Task ACursorThatRepeats_EndsThere()
    {
        var nara = _calls.Add("nara", isPluginNode: false);
        for (var i = 0; i < 300; i++) nara.Ledger.Add(Start + i, i);
        nara.Answer = request => request.Cursor is null ? null : nara.Truth(request) with
        {
            Outcome = AskOutcome.RepeatedCursor, Reason = "it goes on where it was", Next = null,
        };

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Is.EqualTo("nara: it goes on where it was"));
        Assert.That(_ours.Count, Is.EqualTo(199), "two pages, that share an event");
        Assert.That(_calls.Asked, Has.Count.EqualTo(2));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task PagesWithoutEnd_EndAllTheSame(bool areEmpty)
    {
        var eve = _calls.Add("eve", isPluginNode: false);
        var at = Start;
        eve.Answer = _ => areEmpty
            ? ScriptedNeighbour.Of([], new LedgerCursor(++at, null))
            : ScriptedNeighbour.Of([Altered(++at)], new LedgerCursor(at - 1, null));

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(areEmpty ? SyncOutcome.Failed : SyncOutcome.Partial));
        Assert.That(_calls.Asked, Has.Count.InRange(1, 15));
        Assert.That(_ours.Count, Is.Zero);
    }

    private static System.Text.Json.Nodes.JsonNode Altered(long time) => System.Text.Json.Nodes.JsonNode.Parse(
        $$"""{"id":"{{time:x32}}","ts":{{time}},"svc":"social","social":{"text":"altered"} }""")!;

    [TestCase("short", 3)]
    [TestCase("medium", 10)]
    public async Task CallsAtOnce_AreMetAndHeld(string memory, int most)
    {
        var full = new TaskCompletionSource();
        for (var n = 0; n < 12; n++)
        {
            var neighbour = _calls.Add($"n{n}");
            Fill(neighbour.Ledger, 40, 25);
            neighbour.BeforeDays = _ =>
            {
                if (_calls.UnderWay >= most) full.TrySetResult();
                return full.Task;
            };
        }

        var report = await SyncAsync(Session(profile: MemoryProfile.Find(memory, 0)));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_calls.MostUnderWay, Is.EqualTo(most));
    }

    [Test]
    public async Task Cancellation_EndsTheCallsUnderWay()
    {
        using var cancel = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var beta = _calls.Add("beta");
        Fill(beta.Ledger, 10, 25);
        beta.Before = async (_, cancellation) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        };

        var syncing = _strategy.SyncAsync(Session(), cancel.Token);
        await begun.Task;
        await cancel.CancelAsync();

        Assert.That(async () => await syncing, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_calls.UnderWay, Is.Zero);
    }

    [Test]
    public void AStoreThatFails_IsTheCallersToKnow()
    {
        for (var n = 0; n < 3; n++) Fill(_calls.Add($"n{n}").Ledger, 10, 25);
        var session = Session();
        session.Before = () => throw new StoreException("the disk is full");

        Assert.That(async () => await SyncAsync(session), Throws.InstanceOf<StoreException>());
        Assert.That(_calls.UnderWay, Is.Zero);
    }

    [Test]
    public async Task Checkpoints_AreAllOfTheirServiceWhateverWasReadBefore()
    {
        var beta = _calls.Add("beta");
        var nara = _calls.Add("nara", isPluginNode: false);
        foreach (var ledger in new[] { beta.Ledger, nara.Ledger })
            for (var i = 0; i < 50; i++) ledger.Add(Start + i, i, i % 5 == 0 ? "checkpoint" : "social");
        var plan = Session(SyncPurpose.Checkpoints, since: Start + 40, page: 4).Plan with
        {
            Services = ["checkpoint"], CallTime = TimeSpan.FromSeconds(10),
        };

        var report = await SyncAsync(new ScriptedSession(plan, _ours));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.Empty, "other services were not read");
        Assert.That(_ours.Count, Is.EqualTo(10));
        Assert.That(_calls.AskedDays, Is.Empty);
        Assert.That(
            _calls.Asked.Select(a => (a.Request.Services!.Single(), a.Request.PageSize)),
            Is.All.EqualTo(("checkpoint", 4L)));
    }

    [Test]
    public async Task Addresses_AreTriedInTurnAndTheOneThatAnswersIsKept()
    {
        var beta = _calls.Add("beta");
        Fill(beta.Ledger, 10, 25);
        beta.Addresses.InsertRange(0, ["mqtt:beta", "mesh+http://dead:1"]);
        beta.DeadAddresses.Add("mesh+http://dead:1");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_calls.AskedAddresses.Take(2), Is.EqualTo(["mesh+http://dead:1", "mesh+http://beta:1"]));
        Assert.That(_calls.AskedAddresses.Skip(2), Is.Not.Empty.And.All.EqualTo("mesh+http://beta:1"));
    }

    [Test]
    public async Task OneOfAnotherScheme_IsNoNeighbour()
    {
        var beta = _calls.Add("beta");
        beta.Addresses[0] = "mqtt:beta";
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Unavailable));
        Assert.That(session.Calls, Is.Empty);
    }

    [Test]
    public async Task AShortMemory_AsksFourNeighbours()
    {
        for (var n = 0; n < 6; n++) Fill(_calls.Add($"n{n}").Ledger, 1, 5);

        var report = await SyncAsync(Session(profile: MemoryProfile.Short));

        Assert.That(report.ReadToEnd, Has.Count.EqualTo(4));
        Assert.That(_calls.AskedDays, Is.EquivalentTo(["n0", "n1", "n2", "n3"]));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task AnyLedgers_WithCallsThatFailNowAndThen_BecomeTheirUnion(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 30; round++)
        {
            var calls = new ScriptedNeighbours();
            var ours = new MemoryLedger();
            var all = new HashSet<EventId>();
            var count = 1 + random.Next(5);
            for (var n = 0; n < count; n++)
            {
                var neighbour = calls.Add($"n{n}", isPluginNode: random.Next(4) > 0);
                var isLike = random.Next(2);
                for (var i = 0; i < 200; i++)
                    if (random.Next(10) >= isLike * 2) neighbour.Ledger.Add(Start + (i * Day / 7) + 1, i);
                foreach (var e in neighbour.Ledger.Read(new LedgerQuery { Limit = 5000 }).Events) all.Add(e.Id);
                // never three in a row, which would have it left out
                var (first, second, asked) = (random.Next(12), random.Next(12), 0);
                neighbour.Answer = _ => Interlocked.Increment(ref asked) - 1 is var at && (at == first || at == second)
                    ? Fails(AskOutcome.TooSlow) : null;
            }
            for (var i = 0; i < 200; i++) if (random.Next(3) == 0) ours.Add(Start + (i * Day / 7) + 1, i);
            foreach (var e in ours.Read(new LedgerQuery { Limit = 5000 }).Events) all.Add(e.Id);
            var plan = new SyncPlan
            {
                Purpose = SyncPurpose.Boot, Neighbours = calls.Plan(), Profile = MemoryProfile.Medium,
                PageEvents = 1 + random.Next(60),
            };

            var report = await new PagesStrategy(calls, ours, _time)
                .SyncAsync(new ScriptedSession(plan, ours), CancellationToken.None);

            Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), $"{seed}/{round}: {report.Reason}");
            Assert.That(ours.Count, Is.EqualTo(all.Count), $"{seed}/{round}");
        }
    }
}
