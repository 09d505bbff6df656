using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>
/// Gets the ledger from neighbours after the start, and keeps it whole afterwards. Callable from any thread.
/// <code>
/// Begin ──► neighbours? wait (30 s), 3 tries, 30 s and 60 s apart ──► nobody answers: alone, tried again and again
///       ──► the chain, one strategy after the other, until one is complete, or neighbours hold what is held here
///       ──► not complete: the checkpoints ──► projections ──► recovered, or partial and the whole chain again later
///       ──► every 30 ± 5 minutes what is new, from one or two neighbours
/// </code>
/// </summary>
public sealed class NodeRecovery
{
    private readonly RecoveryParts _parts;
    private readonly RecoveryBoard _board;
    private readonly SyncPlugins _plugins = new();
    private readonly PluginCalls _calls;
    private readonly SyncMarks _marks;
    private readonly Projections _projections;
    private readonly RecoveryLoop _loop;
    private readonly Pulse _recheck = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<Task> _running = [];

    internal NodeRecovery(RecoveryParts parts)
    {
        _parts = parts;
        _board = new RecoveryBoard(parts.Kernel.SignatureChecks.Name);
        _calls = new PluginCalls(parts.Time, parts.Logger, parts.Kernel.PluginFaulted, _stopped.Token);
        var grounds = new MarkGrounds(
            parts.Profile.Events, parts.Kernel.Peers, () => parts.Ledger.LearnedKeys, parts.Kernel.Kinds);
        _marks = new SyncMarks(grounds, parts.Journal, parts.Logger);
        _projections = new Projections(_plugins, _calls, parts.Ledger.Index, parts.Time);
        var runner = new SyncRunner(_calls, parts.Ledger.Intake, _board, parts.Time, parts.Logger);
        var survey = new NeighbourSurvey(_plugins, _calls, parts.Ledger.Index, parts.Time);
        var walk = new ChainWalk(new WalkParts(parts, _board, runner, survey, _marks));
        _loop = new RecoveryLoop(parts, _board, _plugins, walk, _projections, _stopped.Token);
        parts.Ledger.OnMerged(_projections.Merged);
    }

    /// <summary>How it stands. Takes no lock.</summary>
    public RecoveryState State => _board.State;

    /// <summary>All that strategies did since the process started, background syncs included.</summary>
    public SyncCounts Totals => _board.Totals;

    /// <summary>Ends when the state, progress included, changes after this was read: read this first, then
    /// <see cref="State"/>, then wait.</summary>
    public Task Changed => _board.Changed;

    /// <summary>Begins: to be called once, when the transports have started and the strategies are attached.</summary>
    /// <exception cref="InvalidOperationException">It has begun already.</exception>
    public void Begin()
    {
        lock (_running)
        {
            if (_stopped.IsCancellationRequested) return;
            if (_running.Count > 1) throw new InvalidOperationException("Recovery has begun already.");
            _projections.Update();
            _running.Add(_projections.RunAsync(_stopped.Token));
            _running.Add(_loop.RunAsync());
        }
    }

    /// <summary>Runs the whole recovery again, and asks for everything, whatever was read before.</summary>
    /// <returns>False where one is under way, or there is none to run: no strategy, or not begun, or stopped.</returns>
    public bool RunAgain()
    {
        lock (_running) if (_running.Count < 2) return false;
        return _loop.RunAgain();
    }

    /// <summary>Whether a peer can be asked at all: it has an address, is not only sent to, and is another
    /// node.</summary>
    public bool IsNeighbour(PeerId peer) => _parts.Neighbours.Exists(n => n.Id == peer);

    /// <summary>Asks one neighbour, by one strategy after the other until one is answered, besides all else that is
    /// done.</summary>
    /// <param name="peer">One that <see cref="IsNeighbour"/>.</param>
    /// <param name="subjects">By or about whom events are wanted; none: everything.</param>
    /// <returns>What came of each strategy that was tried, the one that was answered last; cancelled where the node
    /// stops. Null: it cannot be asked now, as a recovery or another such wish is under way, or there is no strategy,
    /// or it is no neighbour.</returns>
    public Task<IReadOnlyList<SyncStep>?> AskAsync(PeerId peer, IReadOnlyList<string> subjects)
    {
        bool hasBegun;
        lock (_running) hasBegun = _running.Count >= 2;
        return hasBegun && _parts.Neighbours.Find(n => n.Id == peer) is { } neighbour
            ? _loop.AskAsync(neighbour, subjects) : Task.FromResult<IReadOnlyList<SyncStep>?>(null);
    }

    internal void Attach(ISyncStrategy strategy, string owner)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        _plugins.Add(strategy, owner);
        _loop.Attached();
    }

    internal void Attach(INeighbourDays days, string owner)
    {
        ArgumentNullException.ThrowIfNull(days);
        _plugins.Add(days, owner);
    }

    internal void Attach(IProjection projection, string owner)
    {
        ArgumentNullException.ThrowIfNull(projection);
        _plugins.Add(projection, owner);
        _projections.Update();
    }

    internal Task DetachAsync(string owner)
    {
        _plugins.Remove(owner);
        return _calls.CancelAsync(owner);
    }

    /// <summary>Takes over what the store kept, and begins to look after what waits for keys.</summary>
    internal void Restore(StoreContent content, bool damaged)
    {
        _marks.Restore(content.SyncMarks, damaged || content.Unreadable > 0 || _parts.Ledger.Lost != 0);
        _running.Add(RecheckAsync());
    }

    /// <summary>A peer was added or changed: its key may be waited for, and it may be a neighbour.</summary>
    internal void PeerChanged()
    {
        _recheck.Set();
        _loop.Added();
    }

    /// <summary>A peer was heard from.</summary>
    internal void Heard() => _loop.Heard();

    /// <summary>Cancels what is at work, and waits for it; a strategy or projection that does not come back is left
    /// behind after ten seconds.</summary>
    internal async Task StopAsync()
    {
        Task[] running;
        lock (_running)
        {
            _stopped.Cancel();
            running = [.. _running];
        }
        foreach (var task in running) await task;
    }

    private async Task RecheckAsync()
    {
        try
        {
            for (;;)
            {
                await _recheck.WaitAsync(Timeout.InfiniteTimeSpan, _parts.Time, _stopped.Token);
                try
                {
                    await _parts.Ledger.Intake.RecheckAsync(_stopped.Token);
                }
                catch (StoreException e)
                {
                    LogMessages.StoreFailed(_parts.Logger, e.Message); // what waited is told again
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
