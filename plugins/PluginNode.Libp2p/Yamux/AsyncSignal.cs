using System.Threading.Tasks.Sources;

namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// Wakes one waiter, and remembers one wake-up that nobody waited for. Waiting costs no allocation. <see cref="Set"/>
/// may come from any thread; the waiter goes on elsewhere.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private bool _set, _waiting;

    /// <summary>Waits for the next <see cref="Set"/>; wake-ups without a reason occur.</summary>
    /// <exception cref="InvalidOperationException">Somebody waits already.</exception>
    public ValueTask WaitAsync(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        lock (_gate)
        {
            if (_set)
            {
                _set = false;
                return default;
            }
            if (_waiting) throw new InvalidOperationException("One call at a time.");
            _waiting = true;
            _core.Reset();
        }
        var version = _core.Version;
        _registration = cancellation.UnsafeRegister(
            static (signal, token) => ((AsyncSignal)signal!).Cancel(token), this);
        return new ValueTask(this, version);
    }

    public void Set()
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                _set = true;
                return;
            }
            _waiting = false;
        }
        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _registration.Dispose();
        _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_waiting) return;
            _waiting = false;
        }
        _core.SetException(new OperationCanceledException(token));
    }
}
