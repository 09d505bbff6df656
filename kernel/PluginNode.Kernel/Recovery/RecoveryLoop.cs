using PluginNode.Plugins;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>When what is tried: the recovery with its tries, and background sync. One loop; the rest is callable from
/// any thread.</summary>
internal sealed class RecoveryLoop(
    RecoveryParts parts, RecoveryBoard board, SyncPlugins plugins, ChainWalk walk, Projections projections,
    CancellationToken stopped)
{
    /// <summary>How often it is tried before the node says that it is alone.</summary>
    public const int Tries = 3;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SecondWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Pulse _wake = new();
    private volatile bool _added, _heard;
    private RecoveryAsk? _ask;
    private int _again;
    private bool _everything; // a wish that holds until somebody answers
    private bool _whole = true; // next is the whole chain, and not background sync
    private bool _alone;
    private RecoveryPhase _result;
    private int _refusing; // as it was said last
    private int _inVain; // whole walks since the last one that was complete, or since the last one that was answered
    private int _rounds; // of background sync before the next whole walk
    private long _triedAt;

    private TimeProvider Time => parts.Time;

    private bool IsAtWork => board.State is { IsUnderWay: true, NextAt: null };

    /// <summary>A peer was added or changed.</summary>
    public void Added()
    {
        _added = true;
        _wake.Set();
    }

    /// <summary>A peer was heard from.</summary>
    public void Heard()
    {
        if (_heard) return; // known already
        _heard = true;
        _wake.Set();
    }

    /// <summary>What strategies there are has changed.</summary>
    public void Attached() => _wake.Set();

    /// <summary>The operator wants it.</summary>
    public bool RunAgain()
    {
        // One that only waits for its next try is begun again at once.
        if (stopped.IsCancellationRequested || IsAtWork || Chain().Count == 0) return false;
        if (Interlocked.Exchange(ref _again, 1) == 1) return false;
        _wake.Set();
        return true;
    }

    /// <summary>The operator wants something of one neighbour; asked between other runs.</summary>
    /// <returns>What came of it, cancelled where the node stops; null: a recovery or another such wish is under way, or
    /// there is no strategy.</returns>
    public Task<IReadOnlyList<SyncStep>?> AskAsync(Neighbour neighbour, IReadOnlyList<string> subjects)
    {
        var ask = new RecoveryAsk(neighbour, subjects);
        if (IsAtWork || Chain().Count == 0 || Interlocked.CompareExchange(ref _ask, ask, null) is not null)
            return Task.FromResult<IReadOnlyList<SyncStep>?>(null);
        // the loop may have ended since, and looked for the last time
        if (stopped.IsCancellationRequested) ask.Answer.TrySetCanceled(stopped);
        _wake.Set();
        return ask.Answer.Task;
    }

    /// <summary>Until the node stops.</summary>
    public async Task RunAsync()
    {
        try
        {
            for (;;)
            {
                if (await RoundAsync() is not { } fault) continue;
                LogMessages.LoopFaulted(parts.Logger, fault);
                await SleepAsync(parts.Jitter(parts.Options.Background), forPeers: false);
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            Volatile.Read(ref _ask)?.Answer.TrySetCanceled(stopped); // the node stops
        }
    }

    /// <returns>A fault of the loop itself: it must not end for that.</returns>
    private async Task<string?> RoundAsync()
    {
        try
        {
            await PlayAsync();
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopped.IsCancellationRequested)
        {
            return FaultText.InFull(e);
        }
    }

    private async Task PlayAsync()
    {
        await AnswerAsync();
        var chain = Chain();
        if (chain.Count == 0)
        {
            board.Change(s => s with { Phase = RecoveryPhase.Off, NextAt = null });
            await _wake.WaitAsync(Timeout.InfiniteTimeSpan, Time, stopped);
            return;
        }
        if (_whole || Volatile.Read(ref _again) == 1) await RecoverAsync(chain);
        else
        {
            board.Change(s => s with { Phase = _result, NextAt = null });
            if (parts.Profile.SyncsInBackground && parts.Neighbours is { Count: > 0 } neighbours)
                await walk.RefreshAsync(chain, neighbours);
        }
        await UntilNextAsync();
    }

    private async Task AnswerAsync()
    {
        if (Volatile.Read(ref _ask) is not { } ask) return;
        try
        {
            ask.Answer.TrySetResult(await walk.AskAsync(Chain(), ask));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ask.Answer.TrySetException(e); // who asked is told, and the log
            throw;
        }
        finally
        {
            if (ask.Answer.Task.IsCompleted) Volatile.Write(ref _ask, null);
        }
    }

    private async Task RecoverAsync(IReadOnlyList<Owned<ISyncStrategy>> chain)
    {
        var again = Volatile.Read(ref _again) == 1;
        if (again || !_alone)
        {
            var now = Time.GetUtcNow();
            board.Change(s => s with
            {
                Phase = RecoveryPhase.Waiting, StartedAt = now, EndedAt = null, Attempt = 0, NextAt = null, Steps = [],
            });
            _alone = false;
        }
        if (again) (_everything, _inVain) = (true, 0);
        Interlocked.Exchange(ref _again, 0);
        var end = _alone ? await TryAsync(chain) : await TryThriceAsync(chain);
        Ended(end);
    }

    private async Task<WalkEnd> TryThriceAsync(IReadOnlyList<Owned<ISyncStrategy>> chain)
    {
        for (var attempt = 1; ; attempt++)
        {
            await UntilNeighboursAsync();
            if (await TryAsync(chain) is var end && end != WalkEnd.Nobody) return end;
            if (attempt == Tries) return WalkEnd.Nobody;
            var wait = parts.Jitter(attempt == 1 ? FirstWait : SecondWait);
            board.Change(s => s with { Phase = RecoveryPhase.Waiting, NextAt = Time.GetUtcNow() + wait });
            await SleepAsync(wait, forPeers: true);
            if (Interlocked.Exchange(ref _again, 0) == 1)
            {
                (_everything, attempt) = (true, 0);
                board.Change(s => s with { Attempt = 0 });
            }
            chain = Chain() is { Count: > 0 } now ? now : chain;
        }
    }

    private async Task<WalkEnd> TryAsync(IReadOnlyList<Owned<ISyncStrategy>> chain)
    {
        (_added, _heard) = (false, false);
        board.Change(s => s with { Attempt = s.Attempt + 1, NextAt = null });
        var neighbours = parts.Neighbours;
        LogMessages.RecoveryBegins(
            parts.Logger, board.State.Attempt, neighbours.Count, board.State.SignatureChecks);
        try
        {
            if (neighbours.Count == 0)
            {
                board.Change(s => s with { Refusing = 0 });
                return WalkEnd.Nobody;
            }
            projections.Hold(true);
            return await walk.RecoverAsync(chain, neighbours, _everything);
        }
        finally
        {
            projections.Hold(false);
            _triedAt = Time.GetTimestamp();
        }
    }

    private void Ended(WalkEnd end)
    {
        _result = end switch
        {
            WalkEnd.Complete => RecoveryPhase.Recovered,
            WalkEnd.Partial => RecoveryPhase.Partial,
            _ => RecoveryPhase.Alone,
        };
        var wasAlone = _alone;
        _alone = end == WalkEnd.Nobody;
        _whole = _alone;
        if (_alone != wasAlone || end == WalkEnd.Complete) _inVain = 0;
        if (!_alone)
        {
            _everything = false;
            projections.Update();
        }
        // Twice as many rounds after each walk that was not complete, up to a day: some neighbours never can be.
        if (end == WalkEnd.Partial)
            _rounds = (int)Math.Min(1L << Math.Min(_inVain++, 20), Math.Max(1, LongestWait / parts.Options.Background));
        board.Change(s => s with { Phase = _result, EndedAt = Time.GetUtcNow() });
        var refusing = board.State.Refusing;
        if (refusing > 0 && (refusing != _refusing || _alone != wasAlone))
            LogMessages.Refused(parts.Logger, refusing);
        else if (_alone && !wasAlone) LogMessages.NobodyThere(parts.Logger);
        _refusing = refusing;
        if (!_alone)
            LogMessages.RecoveryEnded(
                parts.Logger, _result, board.State.Strategy, parts.Ledger.Index.Count, board.State.Coverage?.Share);
    }

    // At once where some are known.
    private async Task UntilNeighboursAsync()
    {
        var began = Time.GetTimestamp();
        while (parts.Neighbours.Count == 0
            && FirstWait - Time.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
            if (!await _wake.WaitAsync(left, Time, stopped)) return;
    }

    private Task UntilNextAsync()
    {
        if (_alone)
        {
            var longer = FirstWait.Ticks * Math.Pow(2, Math.Min(_inVain++, 30));
            var wait = parts.Jitter(TimeSpan.FromTicks((long)Math.Min(longer, parts.Options.Background.Ticks)));
            board.Change(s => s with { NextAt = Time.GetUtcNow() + wait });
            return SleepAsync(wait, forPeers: true);
        }
        if (_result == RecoveryPhase.Recovered && !parts.Profile.SyncsInBackground)
            return SleepAsync(Timeout.InfiniteTimeSpan, forPeers: false);
        var background = parts.Jitter(parts.Options.Background);
        board.Change(s => s with { NextAt = Time.GetUtcNow() + background });
        if (_result == RecoveryPhase.Partial && --_rounds <= 0) _whole = true;
        return SleepAsync(background, forPeers: false);
    }

    /// <summary>Waits; until the operator wants it, too, and until there may be somebody to ask. Who is heard from all
    /// the time, and answers nothing, is asked every thirty seconds at most.</summary>
    private async Task SleepAsync(TimeSpan most, bool forPeers)
    {
        var began = Time.GetTimestamp();
        for (;;)
        {
            await AnswerAsync();
            if (Volatile.Read(ref _again) == 1 || (forPeers && _added)) return;
            var left = most == Timeout.InfiniteTimeSpan ? most : most - Time.GetElapsedTime(began);
            if (forPeers && _heard)
            {
                var spacing = FirstWait - Time.GetElapsedTime(_triedAt);
                if (spacing <= TimeSpan.Zero) return;
                if (spacing < left) left = spacing;
            }
            if (left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan) return;
            if (!await _wake.WaitAsync(left, Time, stopped)) return;
        }
    }

    private List<Owned<ISyncStrategy>> Chain()
    {
        var attached = plugins.Strategies;
        if (parts.Options.Chain is not { } names) return [.. attached];
        var chain = new List<Owned<ISyncStrategy>>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
            if (attached.FirstOrDefault(s => s.Name == name) is { } strategy) chain.Add(strategy);
        return chain;
    }
}
