namespace PluginNode;

/// <summary>Something that may happen at any time, from any thread, and one loop that waits for it. What happens while
/// the loop does something else is not lost; what happens several times is one.</summary>
internal sealed class Pulse
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<bool>? _waiting;
    private bool _set;

    public void Set()
    {
        lock (_lock)
        {
            _set = true;
            _waiting?.TrySetResult(true);
        }
    }

    /// <summary>Waits until it happens (true), or the time is over (false).</summary>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    public async Task<bool> WaitAsync(TimeSpan most, TimeProvider time, CancellationToken cancellation)
    {
        var signal = Waiting.NewSignal();
        lock (_lock)
        {
            if (_set) signal.SetResult(true);
            else _waiting = signal;
        }
        try
        {
            return await Waiting.ForAsync(signal, most, time, cancellation);
        }
        finally
        {
            lock (_lock)
            {
                _waiting = null;
                if (signal.Task is { IsCompletedSuccessfully: true, Result: true }) _set = false;
            }
        }
    }
}
