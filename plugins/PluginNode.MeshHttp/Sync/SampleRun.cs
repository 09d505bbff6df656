using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>One run of <c>mesh-sample</c>.</summary>
internal sealed class SampleRun
{
    private readonly SyncRun _run;
    private readonly IReadOnlyList<Asked> _neighbours;
    private readonly HashSet<Asked> _older = [];
    private readonly Queue<Share> _waiting = [];
    private readonly Queue<(Asked From, SyncReply Reply)> _arrived = [];
    private readonly int _shares;

    // an older peer would show by giving more
    private readonly int _size;
    private int _answered, _failed, _withoutNews;

    public SampleRun(SyncRun run, IReadOnlyList<Asked> neighbours)
    {
        (_run, _neighbours) = (run, neighbours);
        _size = Math.Min(run.PageEvents, LedgerQuery.MostEvents - 1);
        _shares = Math.Max(1, (run.Plan.Profile.BootEvents + run.PageEvents - 1) / run.PageEvents);
        for (var i = 0; i < _shares; i++) _waiting.Enqueue(new Share(i));
        _run.ExpectMore((long)_shares * _size);
    }

    private bool GivesUp => _failed > _shares / 2;

    // every neighbour had its say, and none told anything that is not here
    private bool BringsNothing => _withoutNews >= Math.Max(2, _neighbours.Count(n => !n.IsLeftOut));

    public async Task<SyncReport> RunAsync(CancellationToken cancellation)
    {
        await new StepLoop(_run.Plan.Profile.CallsAtOnce).RunAsync(Next, cancellation);
        var text = GivesUp ? $"given up, as {_failed} of {_shares} calls failed"
            : BringsNothing ? $"ended after {_answered} calls, as they brought nothing new"
            : $"a sample of {_answered} calls";
        var failures = SyncRun.Reasons([.. _neighbours
            .Select(n => (n, n.Failure ?? (_older.Contains(n) ? "an older peer, which knows no samples" : null)))
            .Where(f => f.Item2 is not null).Select(f => (f.n, f.Item2!))]);
        if (failures is not null) text += $"; {failures}";
        return new SyncReport(_run.Received > 0 ? SyncOutcome.Partial : SyncOutcome.Failed, text);
    }

    private Func<Task<Action>>? Next(CancellationToken cancellation)
    {
        if (_arrived.TryDequeue(out var arrived)) return () => MergeAsync(arrived.From, arrived.Reply, cancellation);
        while (!GivesUp && !BringsNothing && _waiting.TryDequeue(out var share))
        {
            if (Choose(share) is { } asked) return () => AskAsync(share, asked, cancellation);
            // an older peer has given what it has: there is nothing more to be asked, and nothing failed
            if (share.Tried.Count > 0 || _older.Count == 0) _failed++;
        }
        return null;
    }

    // in turn, beginning with another one for each share
    private Asked? Choose(Share share)
    {
        for (var i = 0; i < _neighbours.Count; i++)
        {
            var asked = _neighbours[(share.Number + i) % _neighbours.Count];
            if (!asked.IsLeftOut && !_older.Contains(asked) && !share.Tried.Contains(asked)) return asked;
        }
        return null;
    }

    private async Task<Action> AskAsync(Share share, Asked asked, CancellationToken cancellation)
    {
        share.Tried.Add(asked);
        var request = new SyncRequest { Mode = SyncRequest.Sample, SampleSize = _size };
        var reply = await _run.AskAsync(asked, request, cancellation);
        return () => Arrived(share, asked, reply);
    }

    private void Arrived(Share share, Asked asked, SyncReply reply)
    {
        if (!reply.HasAnswer)
        {
            asked.Failed(reply.Reason ?? "it failed");
            _waiting.Enqueue(share);
            return;
        }
        _answered++;
        if (reply.Outcome == AskOutcome.OlderPeer) _older.Add(asked);
        if (reply.Events.Count > 0)
        {
            _arrived.Enqueue((asked, reply));
            return;
        }
        asked.WasOfUse();
        _withoutNews++;
    }

    private async Task<Action> MergeAsync(Asked from, SyncReply reply, CancellationToken cancellation)
    {
        var report = await _run.MergeAsync(from, reply, cancellation);
        return () =>
        {
            if (report.Rejected.Values.Sum() < report.Received) from.WasOfUse();
            else from.Failed("all events of a sample were rejected");
            _withoutNews = report.Merged + report.Freed > 0 ? 0 : _withoutNews + 1;
            _run.ExpectMore((long)_waiting.Count * _size);
        };
    }

    /// <summary>One of the calls that the capacity is cut into, and who was asked for it.</summary>
    private sealed record Share(int Number)
    {
        public List<Asked> Tried { get; } = [];
    }
}
