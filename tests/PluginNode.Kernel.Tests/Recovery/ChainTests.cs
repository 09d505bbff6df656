using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>A chain really is one: whatever becomes of a strategy, the next one has its turn.</summary>
[TestFixture]
public sealed class ChainTests : RecoveryFixture
{
    private static readonly Func<ISyncSession, CancellationToken, Task<SyncReport>> Complete =
        ScriptedStrategy.Answered(SyncOutcome.Complete);

    [Test]
    public void Complete_EndsTheChain()
    {
        var (first, second) = (Script("a", Complete, 1), Script("b", Complete, 2));
        var node = Node().Attach(second, first).Begin();
        Assert.That((first.Runs.Count, second.Runs.Count), Is.EqualTo((1, 0)), "by rank");
        Assert.That((node.State.Phase, node.State.Strategy), Is.EqualTo((RecoveryPhase.Recovered, "a")));
    }

    [TestCase("throws"), TestCase("throws at once"), TestCase("partial"), TestCase("unavailable"), TestCase("refused")]
    [TestCase("no report"), TestCase("no outcome"), TestCase("complete without an answer")]
    [TestCase("unavailable but asked"), TestCase("read who did not answer"), TestCase("asks a stranger")]
    public void NotComplete_TheNextOneHasItsTurn(string how)
    {
        var first = Script("first", How(how), 1);
        var second = Script("second", Complete, 2);
        var node = Node(knows: [2, 3]).Attach(first, second).Begin();
        Assert.Multiple(() =>
        {
            Assert.That(second.Runs, Has.Count.EqualTo(1));
            Assert.That((node.State.Phase, node.State.Strategy), Is.EqualTo((RecoveryPhase.Recovered, "second")));
            Assert.That(node.State.Steps.Select(s => s.Strategy), Is.EqualTo(new[] { "first", "second" }));
            var outcome = how switch
            {
                "partial" => SyncOutcome.Partial,
                "unavailable" => SyncOutcome.Unavailable,
                _ => SyncOutcome.Failed,
            };
            Assert.That(node.State.Steps[0].Outcome, Is.EqualTo(outcome));
            if (how != "unavailable") Assert.That(node.State.Steps[0].Reason, Is.Not.Empty);
        });
    }

    [Test]
    public void Throws_ItsTextIsTheReason_AndItsPluginsFault()
    {
        var node = Node().Attach(
            Script("a", (_, _) => throw new InvalidOperationException("boom\nboom"), 1),
            Script("b", Complete, 2)).Begin();
        Assert.That(node.State.Steps[0].Reason, Is.EqualTo("InvalidOperationException: boom boom"));
        Assert.That(node.Faults, Is.EqualTo(new[] { ("plugin", "a: InvalidOperationException: boom boom") }));
    }

    [Test]
    public void WithoutProgressForTwoMinutes_IsCancelled()
    {
        var (first, second) = (Script("a", Hangs, 1), Script("b", Complete, 2));
        var node = Node().Attach(first, second).Begin();
        Stage.Advance(Seconds(119));
        Assert.That((node.State.Phase, node.State.Strategy), Is.EqualTo((RecoveryPhase.Recovering, "a")));
        Stage.Advance(Seconds(2));
        Assert.That(second.Runs.Select(r => r.At - first.Runs[0].At), Is.EqualTo(new[] { Minutes(2) }));
        Assert.That(node.State.Steps[0], Has.Property("Outcome").EqualTo(SyncOutcome.Failed)
            .And.Property("Reason").EqualTo("it took too long"));
    }

    [Test]
    public void Progress_KeepsItGoing_ButNotForMoreThanThirtyMinutes()
    {
        var slow = Script("a", async (session, token) =>
        {
            for (;;)
            {
                await Task.Delay(Seconds(100), Stage.Time, token);
                session.Called(new NeighbourCall(session.Plan.Neighbours[0], null, 10));
            }
        }, 1);
        var second = Script("b", Complete, 2);
        Node().Attach(slow, second).Begin();
        Stage.Until(() => second.Runs.Count > 0, TimeSpan.FromHours(1));
        Assert.That(second.Runs[0].At - slow.Runs[0].At, Is.EqualTo(Minutes(30)));
    }

    [Test]
    public void DoesNotComeBack_IsLeftBehind_AndMergesNothingMore()
    {
        var go = new TaskCompletionSource();
        Task<MergeReport>? late = null;
        var first = Script("a", async (session, _) =>
        {
            await go.Task;
            late = session.MergeAsync(session.Plan.Neighbours[0], [], CancellationToken.None);
            await late;
            return new SyncReport(SyncOutcome.Complete);
        }, 1);
        var second = Script("b", Complete, 2);
        var node = Node().Attach(first, second).Begin();
        Stage.Until(() => second.Runs.Count > 0, Minutes(5));
        Assert.That(second.Runs[0].At - first.Runs[0].At, Is.EqualTo(Minutes(2) + Seconds(10)));
        Assert.That(node.Kernel.Recovery.RunAgain(), Is.True);
        Stage.Settle();
        Assert.That(first.Runs, Has.Count.EqualTo(1), "it is not called while its last run has not ended");
        Assert.That(node.State.Steps[0].Reason, Does.Contain("has not ended"));
        go.SetResult();
        Stage.Settle();
        Assert.That(late!.IsFaulted, Is.True);
    }

    [Test]
    public void AStoreThatFails_IsTheReason_AndNobodysFault()
    {
        var node = Node().Attach(
            Script("a", (_, _) => throw new StoreFullException("full"), 1), Script("b", Complete, 2));
        node.Begin();
        Assert.That(node.State.Steps[0].Reason, Does.Contain("the store failed: "));
        Assert.That(node.Faults, Is.Empty);
    }

    [Test]
    public void AChainByName_IsTheOrder_AndAnUnknownNameIsSkipped()
    {
        var (a, b, c) = (Script("a", Complete, 1), Script("b", ScriptedStrategy.Refused, 2), Script("c", Complete, 3));
        var node = Node(sync: new SyncOptions { Chain = ["b", "nobodys", "c", "b"] }).Attach(a, b, c).Begin();
        Assert.Multiple(() =>
        {
            Assert.That(node.State.Steps.Select(s => s.Strategy), Is.EqualTo(new[] { "b", "c" }));
            Assert.That(a.Runs, Is.Empty);
        });
    }

    [Test]
    public void TwoOfOneName_TheSecondIsRefused_NamingBoth()
    {
        var node = Node().Attach(Script("a", Complete));
        Assert.That(
            () => node.Kernel.Attach(Script("a", Complete), "other"),
            Throws.InvalidOperationException.With.Message.Contains("'plugin'").And.Message.Contains("'other'"));
    }

    [Test]
    public void Detach_CancelsWhatIsAtWork_AndItIsNotCalledAgain()
    {
        var (first, second) = (Script("a", Hangs, 1), Script("b", Complete, 2));
        var node = Node();
        node.Kernel.Attach(first, "hanging");
        node.Attach(second).Begin();
        Stage.Run(() => node.Kernel.DetachSyncAsync("hanging"));
        Assert.That(
            node.State.Steps.Select(s => s.Outcome), Is.EqualTo(new[] { SyncOutcome.Failed, SyncOutcome.Complete }));
        node.Kernel.Recovery.RunAgain();
        Stage.Settle();
        Assert.That((first.Runs.Count, second.Runs.Count), Is.EqualTo((1, 2)));
    }

    [Test]
    public void Progress_TellsCallsEventsBytesRateAndTimeLeft()
    {
        var events = RecoveryNode.Told(2, 20);
        var go = new TaskCompletionSource();
        var node = Node();
        node.Attach(Script("a", async (session, _) =>
        {
            session.Expect(60);
            await Task.Delay(Seconds(10), Stage.Time, CancellationToken.None);
            var from = session.Plan.Neighbours[0];
            session.Called(new NeighbourCall(from, null, 5_000));
            session.Called(new NeighbourCall(from, "refused", 0));
            await session.MergeAsync(from, [.. events.Select(e => DirectSync.Json(e))], CancellationToken.None);
            await go.Task;
            return new SyncReport(SyncOutcome.Complete);
        })).Begin();
        var changed = node.Kernel.Recovery.Changed;
        Stage.Advance(Seconds(10));
        Assert.That(changed.IsCompleted, Is.True);
        Assert.That(
            node.State.Progress, Is.EqualTo(new SyncProgress(2, 20, 5_000, 60, 2.0, Seconds(20))));
        go.SetResult();
        Stage.Settle();
        Assert.That(node.State.Progress, Is.Null);
        var step = node.State.Steps[0];
        Assert.Multiple(() =>
        {
            Assert.That((step.Counts.Calls, step.Counts.Failures, step.Counts.Merged), Is.EqualTo((2, 1, 20)));
            Assert.That(step.Elapsed, Is.EqualTo(Seconds(10)));
            Assert.That(step.Neighbours.Select(n => (n.Name, n.Counts.Merged, n.LastFailure)),
                Is.EqualTo(new[] { ("p2", 20L, "refused") }));
        });
    }

    private static async Task<SyncReport> Hangs(ISyncSession session, CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        return new SyncReport(SyncOutcome.Complete);
    }

    private static Func<ISyncSession, CancellationToken, Task<SyncReport>> How(string how) => how switch
    {
        "throws" => async (_, _) =>
        {
            await Task.Yield();
            throw new InvalidDataException("broken");
        },
        "throws at once" => (_, _) => throw new InvalidDataException("broken"),
        "partial" => ScriptedStrategy.Answered(SyncOutcome.Partial),
        "unavailable" => ScriptedStrategy.Unavailable,
        "refused" => ScriptedStrategy.Refused,
        "no report" => (_, _) => Task.FromResult<SyncReport>(null!),
        "no outcome" => (_, _) => Task.FromResult(new SyncReport((SyncOutcome)9)),
        "complete without an answer" => (session, _) =>
        {
            session.Called(new NeighbourCall(session.Plan.Neighbours[0], "refused", 0));
            return Task.FromResult(new SyncReport(SyncOutcome.Complete));
        },
        "unavailable but asked" => (session, _) =>
        {
            session.Called(new NeighbourCall(session.Plan.Neighbours[0], null, 0));
            return Task.FromResult(new SyncReport(SyncOutcome.Unavailable));
        },
        "read who did not answer" => (session, _) =>
        {
            session.Called(new NeighbourCall(session.Plan.Neighbours[0], null, 0));
            return Task.FromResult(new SyncReport(SyncOutcome.Partial, "x")
            {
                ReadToEnd = [session.Plan.Neighbours[1].Id],
            });
        },
        "asks a stranger" => (session, _) =>
        {
            session.Called(new NeighbourCall(new Neighbour("p9", TestNode.IdOf(9), []), null, 0));
            return Task.FromResult(new SyncReport(SyncOutcome.Complete));
        },
        _ => throw new ArgumentException(how, nameof(how)),
    };
}
