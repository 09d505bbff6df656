namespace PluginNode.Recovery;

/// <summary>Where the state stands for everybody to read. Written by one loop; read without a lock from any
/// thread.</summary>
internal sealed class RecoveryBoard(string signatureChecks)
{
    private volatile RecoveryState _state = new() { SignatureChecks = signatureChecks };
    private readonly Lock _lock = new();
    private volatile SyncSession? _session;
    private SyncCounts _before = new();
    private TaskCompletionSource? _changed;

    /// <summary>All that was counted since the process started, by the session at work as well.</summary>
    public SyncCounts Totals
    {
        get
        {
            lock (_lock) return _session is { } session ? _before.Plus(session.Counts) : _before;
        }
    }

    /// <summary>As it stands, with how far the session at work has come.</summary>
    public RecoveryState State => _session is { } session ? _state with { Progress = session.Progress } : _state;

    /// <summary>Ends when something changes after this was read.</summary>
    public Task Changed
    {
        get
        {
            var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (Interlocked.CompareExchange(ref _changed, fresh, null) ?? fresh).Task;
        }
    }

    public void Change(Func<RecoveryState, RecoveryState> change)
    {
        _state = change(_state);
        Tell();
    }

    /// <summary>The session at work; null: none.</summary>
    public void Watch(SyncSession? session)
    {
        lock (_lock)
        {
            if (_session is { } ended) _before = _before.Plus(ended.Counts);
            _session = session;
        }
        Tell();
    }

    public void Tell() => Interlocked.Exchange(ref _changed, null)?.TrySetResult();
}
