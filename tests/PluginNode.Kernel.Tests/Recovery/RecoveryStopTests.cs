using PluginNode.Events;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>Whatever it is doing, the node stops at once, and nothing of it goes on.</summary>
[TestFixture]
public sealed class RecoveryStopTests : RecoveryFixture
{
    [TestCase("not begun"), TestCase("off"), TestCase("waiting for neighbours"), TestCase("days"), TestCase("strategy")]
    [TestCase("checkpoints"), TestCase("between tries"), TestCase("alone"), TestCase("projection"), TestCase("recovered")]
    [TestCase("background"), TestCase("partial")]
    public void Stop_EndsItAtOnce(string stage)
    {
        var node = Node(knows: stage == "waiting for neighbours" ? [1] : [2]);
        var phase = Begin(node, stage);
        Assert.That(node.State.Phase, Is.EqualTo(phase));
        Stop(node); // asserts that it ends without time passing
        Assert.That(Stage.Time.Timers, Is.Zero, "nothing is left that would go on");
        Assert.That(node.Kernel.Recovery.RunAgain(), Is.False);
        Assert.That(node.Faults, Is.Empty, "to be cancelled is no fault");
    }

    [Test]
    public void AStrategyThatDoesNotComeBack_HoldsTheStopForTenSeconds()
    {
        var go = new TaskCompletionSource<SyncReport>();
        var node = RecoveryNode.Start(Stage).Attach(Script("a", (_, _) => go.Task)).Begin();
        var stopping = node.Kernel.StopAsync(CancellationToken.None);
        Stage.Advance(Seconds(9.9));
        Assert.That(stopping.IsCompleted, Is.False);
        Stage.Advance(Seconds(0.2));
        Assert.That(stopping.IsCompletedSuccessfully, Is.True);
        Assert.That(node.Faults, Has.Count.EqualTo(1));
        go.SetResult(new SyncReport(SyncOutcome.Complete));
        node.Stop();
    }

    private RecoveryPhase Begin(RecoveryNode node, string stage)
    {
        switch (stage)
        {
            case "not begun":
                return RecoveryPhase.Off;
            case "off":
                node.Begin();
                return RecoveryPhase.Off;
            case "waiting for neighbours":
                node.Attach(Script("a", ScriptedStrategy.Refused)).Begin();
                return RecoveryPhase.Waiting;
            case "days":
                node.Kernel.Attach(new HangingDays(), "plugin");
                node.Attach(Script("a", ScriptedStrategy.Refused)).Begin();
                return RecoveryPhase.Recovering;
            case "strategy":
                node.Attach(Script("a", (session, token) => HangsAt(session, SyncPurpose.Boot, token))).Begin();
                return RecoveryPhase.Recovering;
            case "checkpoints":
                node.Attach(Script("a", (session, token) => HangsAt(session, SyncPurpose.Checkpoints, token))).Begin();
                return RecoveryPhase.Checkpoints;
            case "between tries":
                node.Attach(Script("a", ScriptedStrategy.Refused)).Begin();
                return RecoveryPhase.Waiting;
            case "alone":
                node.Attach(Script("a", ScriptedStrategy.Refused)).Begin();
                Stage.Until(() => node.State.Phase == RecoveryPhase.Alone, Minutes(5));
                return RecoveryPhase.Alone;
            case "projection":
                node.Kernel.Attach(new HangingProjection(), "plugin");
                node.Begin();
                return RecoveryPhase.Off;
            case "recovered":
                node.Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Complete))).Begin();
                return RecoveryPhase.Recovered;
            case "background":
                var strategy = Script("a", (session, token) => session.Plan.Purpose == SyncPurpose.Boot
                    ? ScriptedStrategy.Answered(SyncOutcome.Complete)(session, token)
                    : HangsAt(session, SyncPurpose.Background, token));
                node.Attach(strategy).Begin();
                Stage.Until(() => strategy.Runs.Count == 2, Minutes(40));
                return RecoveryPhase.Recovered;
            case "partial":
                node.Attach(Script("a", ScriptedStrategy.Answered(SyncOutcome.Partial))).Begin();
                return RecoveryPhase.Partial;
            default:
                throw new ArgumentException(stage, nameof(stage));
        }
    }

    private static async Task<SyncReport> HangsAt(ISyncSession session, SyncPurpose purpose, CancellationToken token)
    {
        if (session.Plan.Purpose == purpose) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        return await ScriptedStrategy.Answered(SyncOutcome.Partial)(session, token);
    }

    private sealed class HangingDays : INeighbourDays
    {
        public async Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return null;
        }
    }

    private sealed class HangingProjection : IProjection
    {
        public Task UpdateAsync(ILedger ledger, CancellationToken cancellation) =>
            Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
    }
}
