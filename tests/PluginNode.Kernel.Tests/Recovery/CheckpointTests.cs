using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>What voters vouch for is read even where the rest could not be.</summary>
[TestFixture]
public sealed class CheckpointTests : RecoveryFixture
{
    [Test]
    public void Incomplete_ThePageIsAThousand_TenSecondsEach_FromFiveThatAnswered()
    {
        // Seven are known; p2 answers nothing, p8 had most that was new.
        var strategy = Script("s", async (session, token) =>
        {
            foreach (var neighbour in session.Plan.Neighbours)
                session.Called(new NeighbourCall(neighbour, neighbour.Name == "p2" ? "away" : null, 1));
            await session.MergeAsync(session.Plan.Neighbours.First(n => n.Name == "p8"), SomeJson(8, 3), token);
            return new SyncReport(SyncOutcome.Partial, "sampled");
        });
        var node = Node(knows: [2, 3, 4, 5, 6, 7, 8]).Attach(strategy).Begin();
        Assert.That(strategy.Purposes, Is.EqualTo(new[] { SyncPurpose.Boot, SyncPurpose.Checkpoints }));
        var plan = strategy.Runs[1].Plan;
        Assert.Multiple(() =>
        {
            Assert.That(plan.Services, Is.EqualTo(new[] { "agreed" }));
            Assert.That((plan.PageEvents, plan.CallTime), Is.EqualTo(((int?)1_000, (TimeSpan?)Seconds(10))));
            Assert.That(plan.Neighbours.Select(n => n.Name), Is.EqualTo(new[] { "p8", "p3", "p4", "p5", "p6" }));
            Assert.That(plan.Neighbours.Select(n => n.Since), Is.All.Zero);
            Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Partial));
        });
    }

    [Test]
    public void AStrategyThatDoesNotServeThem_TheNextOneDoes()
    {
        var first = Script("a", (session, token) => session.Plan.Purpose == SyncPurpose.Checkpoints
            ? ScriptedStrategy.Unavailable(session, token)
            : ScriptedStrategy.Answered(SyncOutcome.Partial)(session, token), 1);
        var second = Script("b", (session, token) => session.Plan.Purpose == SyncPurpose.Checkpoints
            ? ScriptedStrategy.Answered(SyncOutcome.Complete)(session, token)
            : ScriptedStrategy.Refused(session, token), 2);
        var third = Script("c", ScriptedStrategy.Unavailable, 3);
        var node = Node().Attach(first, second, third).Begin();
        Assert.That(
            node.State.Steps.Select(s => (s.Strategy, s.Purpose, s.Outcome)),
            Is.EqualTo(new[]
            {
                ("a", SyncPurpose.Boot, SyncOutcome.Partial), ("b", SyncPurpose.Boot, SyncOutcome.Failed),
                ("c", SyncPurpose.Boot, SyncOutcome.Unavailable),
                ("a", SyncPurpose.Checkpoints, SyncOutcome.Unavailable),
                ("b", SyncPurpose.Checkpoints, SyncOutcome.Complete),
            }));
        Assert.That((node.State.Phase, node.State.Strategy), Is.EqualTo((RecoveryPhase.Partial, "a")));
    }

    [TestCase(SyncOutcome.Complete), TestCase(SyncOutcome.Failed)]
    public void CompleteOrNobodyThere_NoneAreAskedFor(SyncOutcome outcome)
    {
        var strategy = Script("s", outcome == SyncOutcome.Complete
            ? ScriptedStrategy.Answered(outcome) : ScriptedStrategy.Refused);
        Node().Attach(strategy).Begin();
        Assert.That(strategy.Purposes, Is.EqualTo(new[] { SyncPurpose.Boot }));
    }

    [Test]
    public void WhileTheyAreRead_ThePhaseSaysSo()
    {
        var go = new TaskCompletionSource();
        var node = Node().Attach(Script("s", async (session, token) =>
        {
            if (session.Plan.Purpose == SyncPurpose.Checkpoints) await go.Task;
            return await ScriptedStrategy.Answered(SyncOutcome.Partial)(session, token);
        })).Begin();
        Assert.That((node.State.Phase, node.State.IsUnderWay), Is.EqualTo((RecoveryPhase.Checkpoints, true)));
        go.SetResult();
        Stage.Settle();
        Assert.That((node.State.Phase, node.State.IsUnderWay), Is.EqualTo((RecoveryPhase.Partial, false)));
    }
}
