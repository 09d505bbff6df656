using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>What the node says about how complete it is, and that it is true.</summary>
[TestFixture]
public sealed class CoverageTests : RecoveryFixture
{
    [Test]
    public void Complete_SaysWhatIsHeld_AndThatAllOfItAgrees()
    {
        var (sync, node) = Recovered(RecoveryNode.Told(2, 10, -3), RecoveryNode.Told(2, 5, -1, "note"));
        var coverage = node.State.Coverage!;
        Assert.Multiple(() =>
        {
            Assert.That((coverage.Events, coverage.Share, coverage.GapCount), Is.EqualTo((15, (double?)1, 0)));
            Assert.That(
                (coverage.Asked, coverage.Answered, coverage.Told, coverage.Disagreeing), Is.EqualTo((1, 1, 1, 0)));
            Assert.That(
                coverage.Services.Select(s => (s.Service, s.Events)), Is.EqualTo(new[] { ("app", 10), ("note", 5) }));
            var first = new DateTimeOffset(2025, 12, 29, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000;
            Assert.That(coverage.Services[0].Oldest, Is.EqualTo(first));
            Assert.That(coverage.Services[0].Newest, Is.EqualTo(first + 9));
            Assert.That((coverage.IsFull, sync.Received), Is.EqualTo((false, 15)));
        });
    }

    [Test]
    public void AnInjectedGap_ShowsWithItsDay_AndWhoHasIt()
    {
        var events = RecoveryNode.Told(2, 100, -9).Concat(RecoveryNode.Told(2, 30, -5)).ToList();
        var other = Node(2, knows: [1]);
        other.Merge(events);
        var days = new DirectSync().With(other);
        // All but three of the fifth day's come.
        var node = Node();
        node.Kernel.Attach((INeighbourDays)days, "plugin");
        node.Attach(Script("s", async (session, token) =>
        {
            var from = session.Plan.Neighbours[0];
            session.Called(new NeighbourCall(from, null, 1));
            await session.MergeAsync(from, [.. events.SkipLast(3).Select(DirectSync.Json)], token);
            return new SyncReport(SyncOutcome.Partial, "three are missing");
        })).Begin();
        var coverage = node.State.Coverage!;
        Assert.Multiple(() =>
        {
            Assert.That(coverage.Gaps, Is.EqualTo(new[] { new CoverageGap(new DateOnly(2025, 12, 27), "p2", 30, 27) }));
            Assert.That((coverage.GapCount, coverage.Disagreeing), Is.EqualTo((1, 1)));
            Assert.That((coverage.Share, coverage.ShareAtMost), Is.EqualTo((100 / 130.0, 127 / 130.0)));
            Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Partial));
        });
    }

    [Test]
    public void NeighboursThatHoldDifferentEventsOfADay_ReadToTheEnd_AreCoveredWhole()
    {
        var (two, three) = (Node(2, knows: [1]), Node(3, knows: [1]));
        two.Merge(RecoveryNode.Told(2, 5, -3));
        three.Merge(RecoveryNode.Told(3, 7, -3));
        var node = Node(knows: [2, 3]);
        var sync = new DirectSync().With(two, three);
        node.Kernel.Attach((INeighbourDays)sync, "plugin");
        node.Attach(sync).Begin();
        var coverage = node.State.Coverage!;
        Assert.That(
            (coverage.Events, coverage.Share, coverage.GapCount, coverage.Disagreeing),
            Is.EqualTo((12, (double?)1, 0, 2)));
    }

    /// <summary>As after every restart: since then each has recorded something, and only the end of the day is
    /// read.</summary>
    [TestCase(false), TestCase(true)]
    public void ADayThatWasReadFromItsMiddle_IsCoveredWhole_WhereWhatIsOlderIsHere(bool isMissing)
    {
        Stage.Advance(TimeSpan.FromHours(8));
        var (two, three, four) = (Node(2, knows: [1]), Node(3, knows: [1, 2]), Node(4, knows: [1, 2]));
        RecoveryNode[] others = [two, three, four];
        foreach (var other in others) other.Merge(RecoveryNode.Told(2, 20));
        var node = Node(knows: [2, 3, 4]);
        Attached(node, others);
        node.Begin();
        Stop(node);
        var again = Restarted(node, knows: [2, 3, 4]);
        if (!isMissing) again.Record("only here");
        three.Merge([two.Record("only there")]);
        if (isMissing) two.Merge(RecoveryNode.Told(2, 21).Skip(20)); // at midnight, and told late

        var sync = Attached(again, others);
        again.Begin();

        var coverage = again.State.Coverage!;
        Assert.That(sync.Plans[0].Neighbours.Select(n => n.Since), Is.All.GreaterThan(Midnight), "not the whole day");
        var (of, missing) = (isMissing ? 63.0 : 62, isMissing ? 22 : 0);
        Assert.That(coverage.Share, Is.EqualTo((of - missing) / of));
        Assert.That(coverage.Gaps, isMissing
            ? Is.EqualTo([new CoverageGap(new DateOnly(2026, 1, 1), "p2", 22, 21)]) : Is.Empty);
        Assert.That((coverage.Events, coverage.Disagreeing), isMissing ? Is.EqualTo((21, 2)) : Is.EqualTo((22, 3)));
    }

    [TestCase(989, false), TestCase(990, true)]
    public void ShareOf99Percent_EndsTheChain_ThoughTheStrategySampled(int agreeing, bool enough)
    {
        var all = RecoveryNode.Told(2, agreeing, -9).Concat(RecoveryNode.Told(2, 1_000 - agreeing, -8)).ToList();
        var other = Node(2, knows: [1]);
        other.Merge(all);
        var node = Node();
        node.Merge(all.SkipLast(1));
        node.Kernel.Attach((INeighbourDays)new DirectSync().With(other), "plugin");
        var (sampling, next) = (
            Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial), 1), Script("b", ScriptedStrategy.Refused, 2));
        node.Attach(sampling, next).Begin();
        Assert.That(node.State.Phase, Is.EqualTo(enough ? RecoveryPhase.Recovered : RecoveryPhase.Partial));
        Assert.That(next.Runs.Count > 0, Is.Not.EqualTo(enough));
    }

    [Test]
    public void ANeighbourThatCannotTell_TheShareDoesNotEndTheChain()
    {
        var (two, three) = (Node(2, knows: [1]), Node(3, knows: [1]));
        two.Merge(RecoveryNode.Told(2, 5, -3));
        var node = Node(knows: [2, 3]);
        node.Merge(RecoveryNode.Told(2, 5, -3));
        node.Kernel.Attach((INeighbourDays)new DirectSync { Tells = [two.Id] }.With(two, three), "plugin");
        node.Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial))).Begin();
        var coverage = node.State.Coverage!;
        Assert.That((coverage.Answered, coverage.Told, coverage.Share), Is.EqualTo((2, 1, (double?)1)));
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Partial));
    }

    [Test]
    public void NobodyCanTell_TheShareIsUnknown_AndSoItIsWhereNobodyHoldsAnything()
    {
        var node = Node().Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial))).Begin();
        Assert.That((node.State.Coverage!.Told, node.State.Coverage.Share), Is.EqualTo((0, (double?)null)));
        var empty = Node(3, knows: [2]);
        empty.Kernel.Attach((INeighbourDays)new DirectSync().With(Node(2, knows: [1])), "plugin");
        empty.Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial))).Begin();
        Assert.That((empty.State.Coverage!.Told, empty.State.Coverage.Share), Is.EqualTo((1, (double?)null)));
        Assert.That(empty.State.Phase, Is.EqualTo(RecoveryPhase.Partial), "empty answers are no recovery");
    }

    [Test]
    public void Gaps_AreBounded_TheLargestFirst_AndCounted()
    {
        var other = Node(2, knows: [1]);
        for (var day = 1; day <= 120; day++) other.Merge(RecoveryNode.Told(2, day % 7 == 0 ? 2 : 1, -day));
        var node = Node();
        node.Kernel.Attach((INeighbourDays)new DirectSync().With(other), "plugin");
        node.Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial))).Begin();
        var coverage = node.State.Coverage!;
        Assert.That((coverage.GapCount, coverage.Gaps.Count), Is.EqualTo((120, 100)));
        Assert.That(coverage.Gaps.Take(17).Select(g => g.Theirs), Is.All.EqualTo(2));
        Assert.That(coverage.Gaps[17].Theirs, Is.EqualTo(1));
    }

    [Test]
    public void AFullLedger_SaysSo_AndHowMuchItCouldNotTake()
    {
        var node = Node(profile: MemoryProfile.Short with { Events = 8 });
        node.Attach(Script("a", async (session, token) =>
        {
            var from = session.Plan.Neighbours[0];
            session.Called(new NeighbourCall(from, null, 1));
            await session.MergeAsync(from, SomeJson(2, 8, -1), token);
            await session.MergeAsync(from, SomeJson(2, 5, -2), token);
            return new SyncReport(SyncOutcome.Complete);
        })).Begin();
        Assert.That((node.State.Coverage!.IsFull, node.State.Coverage.Pruned), Is.EqualTo((true, 5)));
    }

    [TestCase("twice"), TestCase("no events"), TestCase("before 1970"), TestCase("year 9999"), TestCase("throws")]
    public void DaysThatCannotBe_AreNotBelieved(string how)
    {
        var node = Node();
        node.Kernel.Attach(new Days(how), "plugin");
        node.Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial))).Begin();
        Assert.That(node.State.Coverage!.Told, Is.Zero);
        Assert.That(node.Faults.Count > 0, Is.EqualTo(how == "throws"));
    }

    [Test]
    public void DaysThatNeverCome_AreWaitedForTenSeconds()
    {
        var node = Node();
        node.Kernel.Attach(new Days("hangs"), "plugin");
        var strategy = Script("a", ScriptedStrategy.Answered(SyncOutcome.Complete));
        node.Attach(strategy).Begin();
        Stage.Until(() => node.State.Phase == RecoveryPhase.Recovered, Minutes(1));
        Assert.That(strategy.Runs, Has.Count.EqualTo(1));
        Assert.That(Stage.Now - strategy.Runs[0].At, Is.EqualTo(Seconds(10)));
    }

    private static long Midnight =>
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000;

    private static DirectSync Attached(RecoveryNode node, params IEnumerable<RecoveryNode> others)
    {
        var sync = new DirectSync().With(others);
        node.Kernel.Attach((INeighbourDays)sync, "plugin");
        node.Attach(sync);
        return sync;
    }

    private (DirectSync Sync, RecoveryNode Node) Recovered(params IEnumerable<Event>[] events)
    {
        var other = Node(2, knows: [1]);
        foreach (var some in events) other.Merge(some);
        var sync = new DirectSync().With(other);
        var node = Node();
        node.Kernel.Attach((INeighbourDays)sync, "plugin");
        node.Attach(sync).Begin();
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        return (sync, node);
    }

    private sealed class Days(string how) : INeighbourDays
    {
        private static readonly DateOnly Today = new(2026, 1, 1);

        public async Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation)
        {
            if (how == "hangs") await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return how switch
            {
                "twice" => [new LedgerDay(Today, 1, 1), new LedgerDay(Today, 1, 1)],
                "no events" => [new LedgerDay(Today, 0, 0)],
                "before 1970" => [new LedgerDay(new DateOnly(1969, 12, 31), 1, 1)],
                "year 9999" => [new LedgerDay(DateOnly.MaxValue, 1, 1)],
                _ => throw new InvalidOperationException("broken"),
            };
        }
    }
}
