using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>How a walk through the chain ended.</summary>
internal enum WalkEnd
{
    /// <summary>No neighbour answered anything.</summary>
    Nobody,

    /// <summary>Some did, but the ledger is not known to be whole.</summary>
    Partial,

    /// <summary>Every neighbour was read to its end, or holds what is held here.</summary>
    Complete,
}

/// <summary>What a walk through the chain works with.</summary>
internal sealed record WalkParts(
    RecoveryParts Recovery, RecoveryBoard Board, SyncRunner Runner, NeighbourSurvey Survey, SyncMarks Marks);

/// <summary>Asks neighbours by one strategy after the other. Used by one loop.</summary>
internal sealed class ChainWalk(WalkParts parts)
{
    /// <summary>The share of agreeing fingerprints that counts as complete.</summary>
    public const double EnoughShare = 0.99;

    /// <summary>Most events of a call for checkpoints.</summary>
    public const int CheckpointPage = 1_000;

    /// <summary>Most neighbours that are asked for checkpoints.</summary>
    public const int CheckpointNeighbours = 5;

    private readonly RecoveryParts _recovery = parts.Recovery;
    private readonly Dictionary<PeerId, long> _scores = []; // of who answered the last time: how many events were new
    private HashSet<PeerId> _asked = [], _answered = [], _refusing = [];
    private long _pruned;

    /// <summary>How long a call for checkpoints may take.</summary>
    public static TimeSpan CheckpointTime { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Walks the whole chain until the ledger is complete.</summary>
    /// <param name="chain">The strategies, at least one.</param>
    /// <param name="known">The neighbours, at least one.</param>
    /// <param name="everything">Whether they are asked for all that they have, whatever was read before.</param>
    public async Task<WalkEnd> RecoverAsync(
        IReadOnlyList<Owned<ISyncStrategy>> chain, IReadOnlyList<Neighbour> known, bool everything)
    {
        (_asked, _answered, _refusing, _pruned) = ([], [], [], 0);
        var steps = new List<SyncStep>();
        parts.Board.Change(s => s with { Phase = RecoveryPhase.Recovering, Steps = [], NextAt = null });
        var (neighbours, before) = await PrepareAsync(known, everything);
        var (complete, strategy) = (false, (string?)null);
        Coverage? coverage = null;
        foreach (var next in chain)
        {
            var run = await RunAsync(next, PlanOf(SyncPurpose.Boot, neighbours), before, steps);
            if (run.Answered.Any())
            {
                strategy = next.Name;
                coverage = await CoverAsync();
                complete = run.Step.Outcome == SyncOutcome.Complete || Suffices(coverage);
            }
            if (complete) break;
        }
        if (!complete && _answered.Count > 0 && await ReadCheckpointsAsync(chain, neighbours, steps))
            coverage = await CoverAsync();
        coverage ??= await CoverAsync();
        _refusing.ExceptWith(_answered);
        parts.Board.Change(s => s with { Strategy = strategy, Coverage = coverage, Refusing = _refusing.Count });
        return complete ? WalkEnd.Complete : _answered.Count > 0 ? WalkEnd.Partial : WalkEnd.Nobody;
    }

    /// <summary>Asks one or two neighbours for what is new, by the first strategy that can.</summary>
    public async Task RefreshAsync(IReadOnlyList<Owned<ISyncStrategy>> chain, IReadOnlyList<Neighbour> known)
    {
        var (neighbours, before) = await PrepareAsync(Draw(known), everything: false);
        SyncRun? run = null;
        foreach (var next in chain)
        {
            run = await RunAsync(next, PlanOf(SyncPurpose.Background, neighbours), before, steps: null);
            if (run.Step.Outcome != SyncOutcome.Unavailable) break;
        }
        var done = run is { Step.Outcome: not SyncOutcome.Unavailable } ? run.Step : null;
        var coverage = await CoverAsync();
        parts.Board.Change(s => s with
        {
            Coverage = coverage,
            LastBackground = new BackgroundSync(
                _recovery.Time.GetUtcNow(), [.. neighbours.Select(n => n.Name)], done?.Strategy,
                done?.Outcome ?? SyncOutcome.Unavailable, done?.Counts.Merged ?? 0, done?.Reason,
                done?.Neighbours ?? []),
        });
    }

    /// <summary>Asks one neighbour for what the operator wants, by one strategy after the other until one is answered.
    /// It leaves no trace in what the last recovery came to, and is no reason to ask for less later on.</summary>
    public async Task<IReadOnlyList<SyncStep>> AskAsync(IReadOnlyList<Owned<ISyncStrategy>> chain, RecoveryAsk ask)
    {
        var steps = new List<SyncStep>();
        var plan = PlanOf(SyncPurpose.Asked, [ask.Neighbour]) with { Subjects = ask.Subjects };
        foreach (var next in chain)
        {
            var run = await RunAsync(next, plan, [], steps: null);
            steps.Add(run.Step);
            if (run.Answered.Any()) break;
        }
        return steps;
    }

    private static bool Suffices(Coverage coverage) =>
        coverage.Told == coverage.Answered && coverage.Share >= EnoughShare;

    private async Task<SyncRun> RunAsync(
        Owned<ISyncStrategy> strategy, SyncPlan plan, Dictionary<PeerId, IReadOnlyList<LedgerDay>> before,
        List<SyncStep>? steps)
    {
        // A background sync leaves no trace in what the last recovery came to.
        if (steps is not null) parts.Board.Change(s => s with { Strategy = strategy.Name });
        var held = _recovery.Clock.Held;
        var run = await parts.Runner.RunAsync(strategy, plan);
        steps?.Add(run.Step);
        if (steps is not null) parts.Board.Change(s => s with { Steps = [.. steps] });
        _pruned += run.Step.Counts.Pruned;
        foreach (var neighbour in plan.Neighbours.Where(n => run.Session.Asked(n.Id)))
        {
            _asked.Add(neighbour.Id);
            _scores.Remove(neighbour.Id);
            if (run.Session.Refuses(neighbour.Id)) _refusing.Add(neighbour.Id);
        }
        foreach (var neighbour in run.Answered)
        {
            _answered.Add(neighbour.Id);
            _scores[neighbour.Id] = run.Session.MergedFrom(neighbour.Id);
        }
        if (plan.Purpose is SyncPurpose.Boot or SyncPurpose.Background && !held && !_recovery.Clock.Held)
            await MarkAsync(run, before);
        return run;
    }

    private async Task MarkAsync(SyncRun run, Dictionary<PeerId, IReadOnlyList<LedgerDay>> before)
    {
        try
        {
            await parts.Marks.SetAsync(run.ReadToEnd, run.Session, _recovery.Options.Overlap);
        }
        catch (StoreException e)
        {
            LogMessages.StoreFailed(_recovery.Logger, e.Message); // the older marks stay: more is asked for than needed
            return;
        }
        // As they stood before they were read: what came to them since is not settled.
        var roomForAll = run.Step.Counts is { Pending: 0, Pruned: 0 };
        foreach (var neighbour in run.ReadToEnd)
            if (before.TryGetValue(neighbour.Id, out var days))
            {
                var keptAll = roomForAll && run.Step.Neighbours
                    .All(n => n.Name != neighbour.Name || n.Counts.Rejected.Count == 0);
                parts.Survey.Settle(neighbour, days, keptAll, run.Session.ToldOf(neighbour.Id));
            }
    }

    private async Task<bool> ReadCheckpointsAsync(
        IReadOnlyList<Owned<ISyncStrategy>> chain, List<Neighbour> neighbours, List<SyncStep> steps)
    {
        var services = _recovery.Kernel.Kinds.VouchedServices;
        if (services.Count == 0) return false;
        parts.Board.Change(s => s with { Phase = RecoveryPhase.Checkpoints });
        List<Neighbour> five =
            [.. BestFirst(neighbours.Where(n => _answered.Contains(n.Id))).Take(CheckpointNeighbours)
                .Select(n => n with { Since = 0 })];
        var plan = PlanOf(SyncPurpose.Checkpoints, five) with
        {
            Services = services, PageEvents = CheckpointPage, CallTime = CheckpointTime,
        };
        foreach (var next in chain)
            if ((await RunAsync(next, plan, [], steps)).Step.Outcome == SyncOutcome.Complete) break;
        return true;
    }

    /// <summary>From when on each is to be asked, and what each holds by day, where it says so.</summary>
    private async Task<(List<Neighbour>, Dictionary<PeerId, IReadOnlyList<LedgerDay>>)> PrepareAsync(
        IReadOnlyList<Neighbour> neighbours, bool everything)
    {
        var told = await parts.Survey.AskAsync(neighbours);
        var now = _recovery.Time.GetUtcNow();
        return ([.. BestFirst(neighbours).Select(n => n with { Since = everything ? 0 : SinceOf(n.Id) })], told);

        long SinceOf(PeerId id)
        {
            var mark = parts.Marks.SinceOf(id, now);
            if (mark == 0) return 0;
            if (told.TryGetValue(id, out var days)) return parts.Survey.Lower(id, mark, days);
            return parts.Marks.WasReadWhole(id, now) ? mark : 0;
        }
    }

    private async Task<Coverage> CoverAsync()
    {
        List<Neighbour> answered = [.. _recovery.Neighbours.Where(n => _answered.Contains(n.Id))];
        var told = await parts.Survey.AskAsync(answered);
        return parts.Survey.Cover(Math.Max(_asked.Count, answered.Count), answered, told, _pruned);
    }

    private SyncPlan PlanOf(SyncPurpose purpose, List<Neighbour> neighbours) =>
        new() { Purpose = purpose, Neighbours = neighbours, Profile = _recovery.Profile };

    private IEnumerable<Neighbour> BestFirst(IEnumerable<Neighbour> neighbours) => neighbours
        .OrderByDescending(n => _scores.GetValueOrDefault(n.Id, -1)).ThenBy(n => n.Name, StringComparer.Ordinal);

    // One or two of them.
    private List<Neighbour> Draw(IReadOnlyList<Neighbour> known)
    {
        var left = known.ToList();
        var drawn = new List<Neighbour>();
        for (var more = 1 + Below(2); more > 0 && left.Count > 0; more--)
        {
            var at = Below(left.Count);
            drawn.Add(left[at]);
            left.RemoveAt(at);
        }
        return drawn;
    }

    private int Below(int most) => (int)(_recovery.Chance.NextDouble() * most);
}
