namespace PluginNode.Recovery;

/// <summary>Where the state stands for everybody to read. Written by one loop; read without a lock from any
/// thread.</summary>
internal sealed class RecoveryBoard(string signatureChecks)
{
    private volatile RecoveryState _state = new() { SignatureChecks = signatureChecks };
    private volatile SyncSession? _session;
    private TaskCompletionSource? _changed;

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
        _session = session;
        Tell();
    }

    public void Tell() => Interlocked.Exchange(ref _changed, null)?.TrySetResult();
}
