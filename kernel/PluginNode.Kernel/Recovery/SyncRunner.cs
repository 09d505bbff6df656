using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>What one run of a strategy came to.</summary>
/// <param name="Step">For people.</param>
/// <param name="Session">What it did.</param>
/// <param name="ReadToEnd">The neighbours that were read to their last page, as far as that can be believed.</param>
internal sealed record SyncRun(SyncStep Step, SyncSession Session, IReadOnlyList<Neighbour> ReadToEnd)
{
    /// <summary>Those of the plan that answered a call.</summary>
    public IEnumerable<Neighbour> Answered => Session.Plan.Neighbours.Where(n => Session.Answered(n.Id));
}

/// <summary>
/// Runs one strategy, and judges what it says: one that throws, hangs or says what cannot be has failed. It is
/// cancelled after thirty minutes, or when for two minutes no call ended and nothing was merged. Used by one loop.
/// </summary>
internal sealed class SyncRunner(
    PluginCalls calls, EventIntake intake, RecoveryBoard board, TimeProvider time, ILogger logger)
{
    /// <summary>How long a run may take.</summary>
    public static TimeSpan MostTime { get; } = TimeSpan.FromMinutes(30);

    /// <summary>How long nothing may come of it.</summary>
    public static TimeSpan MostIdle { get; } = TimeSpan.FromMinutes(2);

    /// <exception cref="OperationCanceledException">The node stops.</exception>
    public async Task<SyncRun> RunAsync(Owned<ISyncStrategy> strategy, SyncPlan plan)
    {
        var session = new SyncSession(plan, intake, time, board.Tell);
        if (calls.IsBusy(strategy.It))
            return Ended(strategy, session, new Verdict("its last run has not ended yet", true), null);
        board.Watch(session);
        try
        {
            var end = await calls.RunAsync(
                strategy, async token => Copied(await strategy.It.SyncAsync(session, token)), () => LeftOf(session));
            session.End();
            var verdict = end.Failure is { } failure ? new Verdict(failure, true) : Judge(end.Value, session);
            return Ended(strategy, session, verdict, end.Value);
        }
        finally
        {
            session.End();
            board.Watch(null);
        }
    }

    // Its list is the plugin's own, too.
    private static SyncReport? Copied(SyncReport? report) =>
        report is null ? null : report with { ReadToEnd = [.. report.ReadToEnd ?? []] };

    private static TimeSpan LeftOf(SyncSession session)
    {
        var (all, idle) = (MostTime - session.Elapsed, MostIdle - session.Idle);
        return all < idle ? all : idle;
    }

    // Its own word, where what it did does not belie it.
    private static Verdict Judge(SyncReport? report, SyncSession session)
    {
        if (report is null) return new Verdict("it returned no report", true);
        if (!Enum.IsDefined(report.Outcome)) return new Verdict($"it says {report.Outcome}, which is no outcome", true);
        var asked = session.Plan.Neighbours.Any(n => session.Asked(n.Id));
        if (report.Outcome == SyncOutcome.Unavailable && asked)
            return new Verdict("it says that it asked nobody, but it did", true);
        if (report.Outcome == SyncOutcome.Complete && !session.Plan.Neighbours.Any(n => session.Answered(n.Id)))
            return new Verdict("it says that it is complete, but nobody answered", true);
        foreach (var id in report.ReadToEnd)
            if (!session.Plan.Neighbours.Any(n => n.Id == id && session.Answered(id)))
                return new Verdict("it says that it read somebody to the end who answered nothing", true);
        if (report.Outcome == SyncOutcome.Complete && session.Plan.Neighbours.Any(n => !session.MergedAllOf(n.Id)))
            return new Verdict("it says that it is complete, but not all that it was told could be merged", true);
        return new Verdict(report.Reason, false);
    }

    private SyncRun Ended(Owned<ISyncStrategy> strategy, SyncSession session, Verdict verdict, SyncReport? report)
    {
        var outcome = verdict.HasFailed ? SyncOutcome.Failed : report!.Outcome;
        var counts = session.Counts;
        var step = new SyncStep(
            strategy.Name, session.Plan.Purpose, outcome, verdict.Reason, counts, session.Elapsed, session.Neighbours);
        LogMessages.StrategyEnded(
            logger, step.Strategy, step.Purpose, outcome, step.Elapsed, counts.Calls, counts.Failures, counts.Merged,
            counts.Received); // without the reason, in which a peer may be named
        IReadOnlyList<PeerId> read = verdict.HasFailed ? [] : report!.ReadToEnd;
        return new SyncRun(
            step, session,
            [.. session.Plan.Neighbours.Where(n => read.Contains(n.Id) && session.MergedAllOf(n.Id))]);
    }

    private sealed record Verdict(string? Reason, bool HasFailed);
}
