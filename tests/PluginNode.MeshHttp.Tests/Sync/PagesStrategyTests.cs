using PluginNode.Conformance;
using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What <c>mesh-pages</c> asks of PluginNodes, without a network between.</summary>
[TestFixture]
internal sealed class PagesStrategyTests : PagesFixture
{
    [Test]
    public async Task Several_ThatHoldTheSame_ShareTheWorkAndNothingComesTwice()
    {
        for (var n = 0; n < 4; n++) Fill(Calls.Add($"n{n}").Ledger, 40, 25);
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.EquivalentTo(session.Plan.Neighbours.Select(n => n.Id)));
        Assert.That(Ours.Count, Is.EqualTo(1000));
        Assert.That(session.ReceivedInAll, Is.EqualTo(1000));
        Assert.That(session.Received.Keys, Has.Count.EqualTo(4), "all of them gave some");
        Assert.That(Calls.Asked, Has.Count.EqualTo(10), "4 days make a page");
        Assert.That(session.Calls, Has.Count.EqualTo(14), "and each told its days once");
        Assert.That(session.Expected, Is.EqualTo(1000));
    }

    [Test]
    public async Task Several_WithDisjointLedgers_AreAllRead()
    {
        for (var n = 0; n < 3; n++) Fill(Calls.Add($"n{n}").Ledger, 5, 30, n * 5);

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(450));
    }

    [Test]
    public async Task Several_ThatOverlap_GiveEachKindOfADayOnce()
    {
        for (var n = 0; n < 3; n++)
        {
            var ledger = Calls.Add($"n{n}").Ledger;
            Fill(ledger, 20, 30);
            ledger.Add(Start + (n * Day) + 5, 1000 + n);
        }
        var session = Session(page: 30);

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(603));
        Assert.That(session.ReceivedInAll, Is.InRange(603, (17 * 30) + (3 * (31 + 30))), "the other days came once");
    }

    [Test]
    public async Task Days_ThatAgree_CostNoEvent()
    {
        for (var n = 0; n < 2; n++) Fill(Calls.Add($"n{n}").Ledger, 10, 20);
        Fill(Ours, 7, 20);
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
        Fill(Ours, 1, 2000);
        for (var n = 0; n < 4; n++)
        {
            var ledger = Calls.Add($"n{n}").Ledger;
            Fill(ledger, 1, 2000);
            for (var i = 0; i < 20; i++) ledger.Add(Start + 60_000_000_000 + i, i);
        }
        var session = Session(purpose, since: Start + (1990 * 1_000_000L));

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(2020));
        Assert.That(session.ReceivedInAll, Is.EqualTo(30), "the overlap and the gap, from one of those that agree");
    }

    [Test]
    public async Task GapOfAMinute_ThatEachFillsOtherwise_CostsNoWholeDay()
    {
        Fill(Ours, 1, 2000);
        for (var n = 0; n < 4; n++)
        {
            var ledger = Calls.Add($"n{n}").Ledger;
            Fill(ledger, 1, 2000);
            for (var i = 0; i < 20 && n < 2; i++) ledger.Add(Start + 60_000_000_000 + i, i + (n * 100));
        }
        var session = Session(since: Start + (1990 * 1_000_000L));

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(2040));
        Assert.That(session.ReceivedInAll, Is.EqualTo(2 * 30), "the overlap and the gap of the two that have news");
    }

    [Test]
    public async Task OldEvents_OfTheDayOnWhichTheGapBegins_AreFoundAfterIt()
    {
        Fill(Ours, 1, 200);
        Ours.Add(Start + 9, 999); // as many as there, and others
        var beta = Calls.Add("beta");
        Fill(beta.Ledger, 1, 200);
        beta.Ledger.Add(Start + 7, 777);
        beta.Ledger.Add(Start + 60_000_000_000, 888);
        var session = Session(since: Start + (190 * 1_000_000L));

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(203));
    }

    [Test]
    public async Task NoSuchCall_IsNoAnswer_AsNobodySignsIt()
    {
        Calls.Add("beta", isPluginNode: false).Answer = _ => Fails();
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(session.Calls, Is.Not.Empty);
        Assert.That(session.Calls.Select(c => c.Failure), Has.None.Null, "nobody answered anything");
    }

    [Test]
    public async Task OldEvents_ThatCameLateToANeighbour_AreFoundAfterTheGap()
    {
        Fill(Ours, 10, 50);
        var beta = Calls.Add("beta");
        Fill(beta.Ledger, 10, 50);
        beta.Ledger.Add(Start + (3 * Day) + 7, 777);
        beta.Ledger.Add(Start + (10 * Day), 888);
        var session = Session(SyncPurpose.Background, since: Start + (10 * Day));

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(502));
        Assert.That(session.ReceivedInAll, Is.EqualTo(1 + 51), "what is new, and the one day that differed");
    }

    [Test]
    public async Task Tail_GrowsWhileItIsRead_TheDaysAreComparedAnew()
    {
        Fill(Ours, 1, 300);
        var beta = Calls.Add("beta");
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
        Fill(Calls.Add("good").Ledger, 10, 25);
        var bad = Calls.Add("bad");
        bad.Answer = _ => Fails(outcome);
        bad.AnswerDays = () => new DaysReply(Fails(outcome), []);
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Is.EqualTo("bad: as scripted"));
        Assert.That(report.ReadToEnd, Is.EqualTo([session.Plan.Neighbours[0].Id]));
        Assert.That(Ours.Count, Is.EqualTo(250));
        Assert.That(session.Calls.Count(c => c.Neighbour.Name == "bad" && c.Failure is not null), Is.EqualTo(3));
    }

    [Test]
    public async Task AllThatFail_AreAFailure()
    {
        for (var n = 0; n < 2; n++)
        {
            var bad = Calls.Add($"n{n}");
            bad.AnswerDays = () => new DaysReply(Fails(AskOutcome.Unreachable), []);
        }

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(report.Reason, Is.EqualTo("n0: as scripted; n1: as scripted"));
    }

    [Test]
    public async Task CallsThatFail_GoToAnotherThatHoldsTheSame()
    {
        Fill(Calls.Add("good").Ledger, 10, 25);
        var bad = Calls.Add("bad");
        Fill(bad.Ledger, 10, 25);
        bad.Answer = _ => Fails(AskOutcome.Unreachable);

        var report = await SyncAsync(Session());

        Assert.That(Ours.Count, Is.EqualTo(250));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), "it agrees, as far as it said");
    }

    [Test]
    public async Task OneThatFailsOnce_IsAskedAgain()
    {
        var beta = Calls.Add("beta");
        Fill(beta.Ledger, 10, 25);
        var calls = 0;
        beta.Answer = _ => ++calls % 2 == 0 ? Fails(AskOutcome.TooSlow) : null;

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(250));
    }

    [Test]
    public async Task OneThatSaysToHoldTheSameAndGivesNothing_IsNotBelieved()
    {
        var liar = Calls.Add("liar");
        Fill(liar.Ledger, 10, 25);
        liar.Answer = _ => ScriptedNeighbour.Of([]);
        Fill(Calls.Add("good").Ledger, 10, 25);

        var report = await SyncAsync(Session(page: 25));

        Assert.That(Ours.Count, Is.EqualTo(250));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete));
    }

    [Test]
    public async Task OneThatAltersEvents_CostsTheOthersNothing()
    {
        var eve = Calls.Add("eve");
        Fill(eve.Ledger, 10, 25);
        eve.Answer = request =>
        {
            var truth = eve.Truth(request);
            var text = System.Text.Encoding.UTF8.GetString(truth.Events[0].Span).Replace("xx", "altered");
            return truth with { Events = [System.Text.Encoding.UTF8.GetBytes(text), .. truth.Events.Skip(1)] };
        };
        Fill(Calls.Add("good").Ledger, 10, 25);

        var report = await SyncAsync(Session(page: 25));

        Assert.That(Ours.Count, Is.EqualTo(250), "what it altered came from the other");
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete));
    }

    [Test]
    public async Task ASlowOne_HoldsUpNobody()
    {
        var held = Signal.New();
        var slow = Calls.Add("slow");
        slow.BeforeDays = _ => held.Task;
        Fill(slow.Ledger, 10, 25);
        Fill(Calls.Add("good").Ledger, 10, 25);
        var merged = Signal.New();
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
        for (var n = 0; n < 2; n++) Fill(Calls.Add($"n{n}").Ledger, 10, 25);
        ScriptedSession Next(SyncPurpose purpose) => new(Session(purpose).Plan, Ours)
        {
            // valid ones find no room
            Judge = e => (long)e["ts"]! % Day == 3_000_000 ? verdict : EventVerdict.Valid,
            Prunes = e => (long)e["ts"]! % Day == 3_000_000,
        };
        var boot = Next(SyncPurpose.Boot);

        var report = await SyncAsync(boot);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Ours.Count, Is.EqualTo(240));
        var isRejected = verdict == EventVerdict.WrongSignature;
        Assert.That(boot.ReceivedInAll, Is.EqualTo(isRejected ? 500 : 250), "others may have it right");

        var background = Next(SyncPurpose.Background);
        await SyncAsync(background);
        Assert.That(background.ReceivedInAll, Is.Zero, "what was read and has not changed");

        Time.Advance(TimeSpan.FromDays(1));
        var later = Next(SyncPurpose.Background);
        await SyncAsync(later);
        Assert.That(later.ReceivedInAll, Is.EqualTo(isRejected ? 500 : 250), "a key may be known by now");
    }
}
