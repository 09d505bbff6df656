using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>What happens after a recovery.</summary>
[TestFixture]
public sealed class BackgroundTests : RecoveryFixture
{
    [TestCase(30, 0), TestCase(30, 1), TestCase(12, 2)]
    public void EveryInterval_WithinASixthOfIt_FromOneOrTwo(int minutes, int chance)
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete, readsToEnd: true));
        var sync = new SyncOptions { Background = Minutes(minutes) };
        var node = Node(knows: [2, 3, 4, 5], sync: sync, chance: chance).Attach(strategy).Begin();
        Stage.Until(() => strategy.Runs.Count == 40, TimeSpan.FromHours(23)); // once a day all is read anew
        var waits = strategy.Runs.Zip(strategy.Runs.Skip(1), (a, b) => b.At - a.At).ToList();
        var asked = strategy.Runs.Skip(1).Select(r => r.Plan.Neighbours).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(waits, Is.All.InRange(Minutes(minutes * 5 / 6.0), Minutes(minutes * 7 / 6.0)));
            Assert.That(waits.Max() - waits.Min(), Is.GreaterThan(Minutes(minutes / 6.0)), "drawn");
            Assert.That(strategy.Purposes.Skip(1), Is.All.EqualTo(SyncPurpose.Background));
            Assert.That(asked.Select(n => n.Count).Distinct().Order(), Is.EqualTo(new[] { 1, 2 }));
            Assert.That(asked.Select(n => n.DistinctBy(x => x.Id).Count()), Is.EqualTo(asked.Select(n => n.Count)));
            Assert.That(asked.SelectMany(n => n).DistinctBy(n => n.Id).Count(), Is.EqualTo(4), "any of them");
            Assert.That(asked.SelectMany(n => n).Select(n => n.Since), Is.All.GreaterThan(0L), "only what is new");
            Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        });
    }

    [Test]
    public void TheFirstThatCan_DoesIt_AndTheStateSaysWhatCameOfIt()
    {
        var first = Script("a", (session, token) => session.Plan.Purpose == SyncPurpose.Boot
            ? ScriptedStrategy.Answered(SyncOutcome.Complete)(session, token)
            : ScriptedStrategy.Unavailable(session, token), 1);
        var second = Script("b", async (session, token) =>
        {
            session.Called(new NeighbourCall(session.Plan.Neighbours[0], null, 1));
            await session.MergeAsync(session.Plan.Neighbours[0], SomeJson(2, 3), token);
            await session.MergeAsync(session.Plan.Neighbours[0], ["{}"u8.ToArray()], token);
            return new SyncReport(SyncOutcome.Partial, "more is there");
        }, 2);
        var third = Script("c", ScriptedStrategy.Answered(SyncOutcome.Complete), 3);
        var node = Node().Attach(first, second, third).Begin();
        Stage.Until(() => second.Runs.Count == 1, Minutes(40));
        var last = node.State.LastBackground!;
        Assert.Multiple(() =>
        {
            Assert.That((last.Strategy, last.Outcome, last.Merged, last.Reason, last.At),
                Is.EqualTo(("b", SyncOutcome.Partial, 3L, "more is there", Stage.Now)));
            Assert.That(last.From, Is.EqualTo(new[] { "p2" }));
            Assert.That(last.Neighbours.Select(n => n.Name), Is.EqualTo(last.From));
            Assert.That(last.Neighbours[0].Counts.Rejected.Values.Sum(), Is.EqualTo(1));
            Assert.That(third.Runs, Is.Empty);
            Assert.That(node.State.Coverage!.Events, Is.EqualTo(3));
            Assert.That((node.State.Strategy, node.State.Steps.Count), Is.EqualTo(("a", 1)), "of the recovery, still");
        });
    }

    [Test]
    public void ShortProfile_OnlyFinishesAnInterruptedRecovery()
    {
        var outcome = SyncOutcome.Partial;
        var strategy = Script("s", (session, token) => ScriptedStrategy.Answered(outcome)(session, token));
        var node = Node(profile: MemoryProfile.Short).Attach(strategy).Begin();
        Assert.That(strategy.Purposes, Is.EqualTo(new[] { SyncPurpose.Boot, SyncPurpose.Checkpoints }));
        outcome = SyncOutcome.Complete;
        Stage.Until(() => node.State.Phase == RecoveryPhase.Recovered, Minutes(40));
        Assert.That(strategy.Purposes.Skip(2), Is.EqualTo(new[] { SyncPurpose.Boot }));
        Stage.Advance(TimeSpan.FromDays(2));
        Assert.That((strategy.Runs.Count, node.State.NextAt), Is.EqualTo((3, (DateTimeOffset?)null)));
        Assert.That(node.Kernel.Recovery.RunAgain(), Is.True);
        Stage.Settle();
        Assert.That(strategy.Runs, Has.Count.EqualTo(4));
    }

    [Test]
    public void Incomplete_TheWholeChainRunsAgain_TwiceAsSeldomEachTime_ButOnceADay()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Partial));
        Node().Attach(strategy).Begin();
        Stage.Advance(TimeSpan.FromDays(8));
        var purposes = strategy.Purposes.Where(p => p != SyncPurpose.Checkpoints).ToList();
        var between = new List<int>();
        var count = -1;
        foreach (var purpose in purposes)
        {
            if (purpose == SyncPurpose.Boot && count >= 0) between.Add(count);
            count = purpose == SyncPurpose.Boot ? 0 : count + 1;
        }
        Assert.That(between.Take(8), Is.EqualTo(new[] { 0, 1, 3, 7, 15, 31, 47, 47 }), "background syncs between them");
    }

    [Test]
    public void Incomplete_ThenComplete_OnlyWhatIsNewIsAskedFor()
    {
        var outcome = SyncOutcome.Partial;
        var strategy = Script("s", (session, token) => ScriptedStrategy.Answered(outcome)(session, token));
        var node = Node().Attach(strategy).Begin();
        outcome = SyncOutcome.Complete;
        Stage.Advance(TimeSpan.FromHours(3));
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        Assert.That(
            strategy.Purposes.Take(4), Is.EqualTo(new[]
            {
                SyncPurpose.Boot, SyncPurpose.Checkpoints, SyncPurpose.Boot, SyncPurpose.Background,
            }));
    }

    [Test]
    public void NobodyIsLeft_NothingIsAsked_AndItGoesOnWhenSomebodyIs()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete));
        var node = Node(knows: [1]);
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(2)));
        node.Attach(strategy).Begin();
        Stage.Run(() => node.Kernel.RemovePeerAsync("p2", deadLetterWaiting: true));
        Stage.Advance(TimeSpan.FromHours(2));
        Assert.That((strategy.Runs.Count, node.State.Phase), Is.EqualTo((1, RecoveryPhase.Recovered)));
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(3)));
        Stage.Advance(Minutes(40));
        Assert.That(strategy.Runs[^1].Plan.Neighbours.Select(n => n.Name), Is.EqualTo(new[] { "p3" }));
    }
}
