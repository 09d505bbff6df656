using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>One neighbour that the operator wants to be asked.</summary>
[TestFixture]
public sealed class AskTests : RecoveryFixture
{
    private static readonly string[] Subjects = ["x", "y"];

    [Test]
    public void Ask_TriesTheChainUntilOneIsAnswered_AndLeavesTheRecoveryAsItWas()
    {
        var first = Script("a", OnAsked(ScriptedStrategy.Unavailable), 1);
        var second = Script("b", OnAsked(ScriptedStrategy.Refused), 2);
        var third = Script("c", OnAsked(async (session, token) =>
        {
            await session.MergeAsync(session.Plan.Neighbours[0], SomeJson(3, 4), token);
            return await ScriptedStrategy.Answered(SyncOutcome.Partial, readsToEnd: true)(session, token);
        }), 3);
        var fourth = Script("d", ScriptedStrategy.Answered(SyncOutcome.Complete), 4);
        var node = Node(knows: [2, 3]).Attach(first, second, third, fourth).Begin();
        Stage.Advance(Minutes(5));
        var before = node.State;
        var steps = Stage.Run(() => node.Kernel.Recovery.AskAsync(TestNode.IdOf(3), Subjects))!;
        Assert.Multiple(() =>
        {
            Assert.That(
                steps.Select(s => (s.Strategy, s.Purpose, s.Outcome)),
                Is.EqualTo(new[]
                {
                    ("a", SyncPurpose.Asked, SyncOutcome.Unavailable), ("b", SyncPurpose.Asked, SyncOutcome.Failed),
                    ("c", SyncPurpose.Asked, SyncOutcome.Partial),
                }));
            Assert.That((steps[2].Counts.Received, steps[2].Counts.Merged), Is.EqualTo((4, 4)));
            var plan = third.Runs[^1].Plan;
            Assert.That(plan.Subjects, Is.EqualTo(Subjects));
            Assert.That(plan.Neighbours.Select(n => (n.Name, n.Since)), Is.EqualTo(new[] { ("p3", 0L) }));
            Assert.That(fourth.Runs, Is.Empty, "somebody answered before it");
            Assert.That(
                (node.State.Phase, node.State.Strategy, node.State.Steps, node.State.NextAt),
                Is.EqualTo((before.Phase, before.Strategy, before.Steps, before.NextAt)));
        });
        // what was read by hand is asked for again: no mark was set
        Stage.Until(() => first.Runs.Count == 3, Minutes(40));
        var background = first.Runs[^1];
        Assert.That(background.Plan.Purpose, Is.EqualTo(SyncPurpose.Background));
        Assert.That(background.Plan.Neighbours.Select(n => n.Since), Is.All.Zero);
        Assert.That(background.At, Is.EqualTo(before.NextAt!.Value), "when it was due");
    }

    [Test]
    public void Ask_WhileOneIsUnderWay_OrOfWhoIsNoNeighbour_IsRefused()
    {
        var go = new TaskCompletionSource();
        var strategy = Script("s", async (session, token) =>
        {
            await go.Task;
            return await ScriptedStrategy.Answered(SyncOutcome.Complete)(session, token);
        });
        var node = Node(knows: [2]);
        Assert.That(Ask(node, 2), Is.Null, "not begun");
        node.Begin();
        Assert.That(Ask(node, 2), Is.Null, "no strategy");
        node.Attach(strategy);
        Stage.Settle();
        Assert.That(Ask(node, 2), Is.Null, "it recovers");
        go.SetResult();
        Stage.Settle();
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        Assert.That((node.Kernel.Recovery.IsNeighbour(TestNode.IdOf(2)), Ask(node, 2)?.Count), Is.EqualTo((true, 1)));
        foreach (var other in (byte[])[1, 9])
            Assert.That(
                (node.Kernel.Recovery.IsNeighbour(TestNode.IdOf(other)), Ask(node, other)),
                Is.EqualTo((false, (IReadOnlyList<SyncStep>?)null)));
    }

    [Test]
    public void Ask_Twice_TheSecondIsRefused_AndAStopCancelsTheFirstAtOnce()
    {
        var node = Node(knows: [2]).Attach(Script("s", OnAsked(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return new SyncReport(SyncOutcome.Complete);
        }))).Begin();
        Stage.Settle();
        var first = node.Kernel.Recovery.AskAsync(TestNode.IdOf(2), []);
        Stage.Settle();
        Assert.That((first.IsCompleted, Ask(node, 2)), Is.EqualTo((false, (IReadOnlyList<SyncStep>?)null)));
        Stop(node);
        Assert.That(first.IsCanceled, Is.True);
        Assert.That(node.Faults, Is.Empty);
    }

    [Test]
    public void Ask_WhileItWaitsForItsNextTry_IsDoneAtOnce_AndTheTryComesWhenItIsDue()
    {
        var strategy = Script("s", ScriptedStrategy.Refused);
        var node = Node().Attach(strategy).Begin();
        Stage.Advance(Seconds(5));
        Assert.That((strategy.Runs.Count, node.State.Phase), Is.EqualTo((1, RecoveryPhase.Waiting)));
        var next = node.State.NextAt;
        var step = Ask(node, 2)!.Single();
        Assert.That((step.Outcome, step.Neighbours.Single().LastFailure),
            Is.EqualTo((SyncOutcome.Failed, "connection refused")));
        Assert.That((node.State.Phase, node.State.NextAt), Is.EqualTo((RecoveryPhase.Waiting, next)));
        Stage.Until(() => strategy.Runs.Count == 3, Minutes(2));
        Assert.That(strategy.Runs[^1].At, Is.EqualTo(next));
    }

    private static Func<ISyncSession, CancellationToken, Task<SyncReport>> OnAsked(
        Func<ISyncSession, CancellationToken, Task<SyncReport>> asked) => (session, token) =>
        session.Plan.Purpose == SyncPurpose.Asked
            ? asked(session, token) : ScriptedStrategy.Answered(SyncOutcome.Complete)(session, token);

    private IReadOnlyList<SyncStep>? Ask(RecoveryNode node, byte seed) =>
        Stage.Run(() => node.Kernel.Recovery.AskAsync(TestNode.IdOf(seed), []));
}
