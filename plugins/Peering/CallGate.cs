namespace PluginNode.Peering;

/// <summary>Counts the calls under way, so that stopping can wait for the last one. All members may be called from any
/// thread.</summary>
internal sealed class CallGate
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private bool _closed;

    /// <summary>Completes once the gate is closed and nobody is inside.</summary>
    public Task Empty => _empty.Task;

    /// <summary>False once closed. Each true needs one <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_closed) return false;
            _inside++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_lock)
            if (--_inside == 0 && _closed) _empty.TrySetResult();
    }

    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            if (_inside == 0) _empty.TrySetResult();
        }
    }
}
