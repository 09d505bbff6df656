using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>One run of <c>mesh-pages</c>: makes the calls that the board wants, and tells it what came.</summary>
internal sealed class PagesRun
{
    // one less than an older peer gives: so it shows by giving more
    private const int MostOfUnknown = LedgerQuery.MostEvents - 1;

    private readonly SyncRun _run;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly PageBoard _board;
    private readonly DayMemory _memory;
    private readonly List<PageMember> _members;
    private readonly Queue<(PageChain Chain, SyncReply Reply)> _arrived = [];
    private readonly int _atOnce;

    public PagesRun(
        SyncRun run, IReadOnlyList<Asked> neighbours, ILedger ledger, DayMemory memory, TimeProvider time)
    {
        (_run, _memory, _atOnce) = (run, memory, run.Plan.Profile.CallsAtOnce);
        (_time, _began) = (time, time.GetTimestamp());
        // fingerprints are of all events together
        var isAll = run.IsForAll;
        var isFromStart = run.Plan.Purpose == SyncPurpose.Checkpoints;
        _members = [.. neighbours.Select(n => new PageMember(n, isFromStart ? 0 : n.Neighbour.Since, isAll))];
        var known = run.Plan.Purpose == SyncPurpose.Background ? memory : null;
        _board = new PageBoard(_members, ledger, known, run.PageEvents);
    }

    /// <summary>How long neighbours are asked. Less than the kernel gives: whom one that never comes to an end did not
    /// keep from being read to theirs, those it is to be told of.</summary>
    public static TimeSpan MostTime { get; } = TimeSpan.FromMinutes(20);

    public async Task<SyncReport> RunAsync(CancellationToken cancellation)
    {
        await new StepLoop(_atOnce).RunAsync(Next, cancellation);
        _board.Compare();
        Remember();
        return Report();
    }

    private Func<Task<Action>>? Next(CancellationToken cancellation)
    {
        if (_arrived.TryDequeue(out var arrived)) return () => MergeAsync(arrived.Chain, arrived.Reply, cancellation);
        if (_time.GetElapsedTime(_began) > MostTime) return null;
        foreach (var member in _members) _board.Renew(member);
        if (_members.Find(m => m is { WantsDays: true, IsAskedDays: false, IsOut: false }) is { } unasked)
            return () => DaysAsync(unasked, cancellation);
        var present = Math.Max(1, _members.Count(m => !m.IsOut));
        var chain = _board.Next(Math.Max(1, (_atOnce + present - 1) / present));
        return chain is null ? null : () => PageAsync(chain, cancellation);
    }

    private async Task<Action> DaysAsync(PageMember member, CancellationToken cancellation)
    {
        member.IsAskedDays = true;
        var answer = await _run.DaysAsync(member.Asked, cancellation);
        return () =>
        {
            member.TakeDays(answer);
            _board.Compare();
            _run.ExpectMore(_board.Rest());
        };
    }

    private async Task<Action> PageAsync(PageChain chain, CancellationToken cancellation)
    {
        chain.IsAsked = true;
        var page = chain.Member.IsPlain ? Math.Min(_run.PageEvents, MostOfUnknown) : _run.PageEvents;
        var reply = await _run.AskAsync(chain.Member.Asked, chain.Request(page), cancellation);
        return () => Arrived(chain, reply);
    }

    private void Arrived(PageChain chain, SyncReply reply)
    {
        chain.IsAsked = false;
        var member = chain.Member;
        if (!reply.HasAnswer)
        {
            member.Asked.Failed(reply.Reason ?? "it failed");
            // only the same neighbour can go on with what is not told by days
            if (chain.Claims.Count > 0) _board.Drop(chain);
            return;
        }
        var problem = reply.Outcome == AskOutcome.OlderPeer
            ? "an older peer, which gives its newest events only"
            : chain.Take(reply);
        if (problem is not null) LedNowhere(chain, problem, isOlder: reply.Outcome == AskOutcome.OlderPeer);
        if (reply.Events.Count > 0)
        {
            chain.Merging++;
            _arrived.Enqueue((chain, reply));
        }
        else
        {
            if (problem is null) member.Asked.WasOfUse();
            FinishIfWhole(chain);
        }
    }

    private void LedNowhere(PageChain chain, string problem, bool isOlder)
    {
        var member = chain.Member;
        if (!isOlder) member.Asked.Failed(problem);
        if (isOlder || member.IsPlain) member.Stuck = problem;
        // what a tail would have brought comes with whole days
        else if (chain.Claims.Count == 0) member.WantsTail = false;
        _board.Drop(chain);
    }

    private async Task<Action> MergeAsync(PageChain chain, SyncReply reply, CancellationToken cancellation)
    {
        var report = await _run.MergeAsync(chain.Member.Asked, reply, cancellation);
        return () =>
        {
            chain.Merging--;
            var rejected = report.Rejected.Values.Sum();
            if (rejected > 0) chain.IsAccepted = false;
            if (rejected < report.Received) chain.Member.Asked.WasOfUse();
            else if (report.Received > 0) chain.Member.Asked.Failed("all events of a page were rejected");
            FinishIfWhole(chain);
            _run.ExpectMore(_board.Rest());
        };
    }

    private void FinishIfWhole(PageChain chain)
    {
        if (chain is { IsEnded: true, Merging: 0 }) _board.Finish(chain);
    }

    private void Remember()
    {
        if (!_run.IsForAll) return;
        foreach (var member in _members)
            if (member.Claims is not null) _memory.Set(member.Asked.Neighbour.Id, _board.Different(member));
    }

    private SyncReport Report()
    {
        var settled = _members.Where(_board.IsSettled).ToList();
        // what is held of a service or of somebody says nothing of the rest
        var toEnd = !_run.IsForAll ? [] : settled.Select(m => m.Asked.Neighbour.Id).ToList();
        if (settled.Count == _members.Count) return new SyncReport(SyncOutcome.Complete) { ReadToEnd = toEnd };
        var reasons = SyncRun.Reasons([.. _members.Except(settled)
            .Select(m => (m.Asked, m.Stuck ?? m.Asked.Failure ?? (_time.GetElapsedTime(_began) > MostTime
                ? $"it was not at its end after {MostTime.TotalMinutes} minutes" : "it was not read to its end")))]);
        var isAny = settled.Count > 0 || _run.Received > 0;
        return new SyncReport(isAny ? SyncOutcome.Partial : SyncOutcome.Failed, reasons) { ReadToEnd = toEnd };
    }
}
