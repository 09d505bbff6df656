using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>One run of <c>mesh-slices</c>.</summary>
internal sealed class SlicesRun
{
    private const int Smallest = 100;
    private const int MostCuts = 3;

    private readonly SyncRun _run;
    private readonly IReadOnlyList<Asked> _neighbours;
    private readonly IReadOnlyCollection<string> _subjects;
    private readonly long _since;
    private readonly Queue<Slice> _waiting = [];
    private readonly Queue<(Asked From, SyncReply Reply)> _arrived = [];
    private readonly HashSet<Asked> _answered = [];
    private int _answers, _failed, _underWay;

    /// <param name="run">The run.</param>
    /// <param name="neighbours">One at least.</param>
    /// <param name="subjects">Whom events are wanted of; none: of all.</param>
    public SlicesRun(SyncRun run, IReadOnlyList<Asked> neighbours, IReadOnlyCollection<string> subjects)
    {
        (_run, _neighbours, _subjects) = (run, neighbours, subjects);
        // slices are positions among what is left behind it: so it is one and the same for all
        _since = neighbours.Min(n => n.Neighbour.Since);
        // one answer has 5 000 at most: with fewer slices than that makes, most of the target would never be asked for
        var count = Math.Max(
            neighbours.Count, (MemoryProfile.LegacyEvents + LedgerQuery.MostEvents - 1) / LedgerQuery.MostEvents);
        var each = Math.Max(Smallest, MemoryProfile.LegacyEvents / count);
        for (var i = 0; i < count; i++) _waiting.Enqueue(new Slice(i, count, each, i, 0));
        _run.ExpectMore((long)count * each);
    }

    public async Task<SyncReport> RunAsync(CancellationToken cancellation)
    {
        await new StepLoop(_run.Plan.Profile.CallsAtOnce).RunAsync(Next, cancellation);
        var text = _failed == 0
            ? $"{_answers} slices, which overlap or leave gaps where neighbours hold different events"
            : $"{_answers} slices came, {_failed} did not";
        var failures = SyncRun.Reasons([.. _neighbours.Where(n => n.Failure is not null).Select(n => (n, n.Failure!))]);
        if (failures is not null) text += $"; {failures}";
        return new SyncReport(_answers > 0 ? SyncOutcome.Partial : SyncOutcome.Failed, text);
    }

    private Func<Task<Action>>? Next(CancellationToken cancellation)
    {
        if (_arrived.TryDequeue(out var arrived)) return () => MergeAsync(arrived.From, arrived.Reply, cancellation);
        for (var left = _waiting.Count; left > 0; left--)
        {
            var slice = _waiting.Dequeue();
            if (Choose(slice) is { } asked) return () => AskAsync(slice, asked, cancellation);
            // somebody may still turn out to answer
            if (_underWay > 0) _waiting.Enqueue(slice);
            else _failed++;
        }
        return null;
    }

    // each neighbour in turn; what failed goes to those that answered
    private Asked? Choose(Slice slice)
    {
        for (var i = 0; i < _neighbours.Count; i++)
        {
            var asked = _neighbours[(slice.First + i) % _neighbours.Count];
            if (!asked.IsLeftOut && !slice.Tried.Contains(asked) && (slice.Tried.Count == 0 || _answered.Contains(asked)))
                return asked;
        }
        return null;
    }

    private async Task<Action> AskAsync(Slice slice, Asked asked, CancellationToken cancellation)
    {
        slice.Tried.Add(asked);
        _underWay++;
        var request = new SyncRequest
        {
            Subjects = _subjects.Count == 0 ? null : [.. _subjects], SinceTime = _since, SliceIndex = slice.Index,
            SliceTotal = slice.Of, MaxEvents = slice.Events,
        };
        var reply = await _run.AskAsync(asked, request, cancellation);
        return () =>
        {
            _underWay--;
            Arrived(slice, asked, reply);
        };
    }

    private void Arrived(Slice slice, Asked asked, SyncReply reply)
    {
        if (reply.HasAnswer)
        {
            // a slice without events, signed, says that there are none
            _answers++;
            _answered.Add(asked);
            if (reply.Events.Count > 0) _arrived.Enqueue((asked, reply));
            else asked.WasOfUse();
            return;
        }
        asked.Failed(reply.Reason ?? "it failed");
        var isTooMuch = reply.Outcome is AskOutcome.TooLarge or AskOutcome.TooSlow;
        if (!isTooMuch || slice.Cuts == MostCuts)
        {
            _waiting.Enqueue(slice);
            return;
        }
        // both halves of it, each half as large
        _waiting.Enqueue(slice.Half(slice.Index));
        _waiting.Enqueue(slice.Half(slice.Index + slice.Of));
    }

    private async Task<Action> MergeAsync(Asked from, SyncReply reply, CancellationToken cancellation)
    {
        var report = await _run.MergeAsync(from, reply, cancellation);
        return () =>
        {
            if (report.Rejected.Values.Sum() < report.Received) from.WasOfUse();
            else from.Failed("all events of a slice were rejected");
            _run.ExpectMore(_waiting.Sum(s => (long)s.Events));
        };
    }

    /// <summary>Every <paramref name="Of"/>-th event from the <paramref name="Index"/>-th on.</summary>
    /// <param name="Index">From 0 on.</param>
    /// <param name="Of">How many slices there are.</param>
    /// <param name="Events">Most events of it.</param>
    /// <param name="First">Which neighbour is asked first.</param>
    /// <param name="Cuts">How often it was cut, as it was too much for a call.</param>
    private sealed record Slice(int Index, int Of, int Events, int First, int Cuts)
    {
        public List<Asked> Tried { get; } = [];

        // others than who was too slow are asked first
        public Slice Half(int index) => new(index, 2 * Of, Math.Max(Smallest, Events / 2), First + 1, Cuts + 1);
    }
}
