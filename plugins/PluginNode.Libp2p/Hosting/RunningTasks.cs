namespace PluginNode.Libp2p.Hosting;

/// <summary>What runs on its own, so that its end can be waited for. All members may be called from any
/// thread.</summary>
internal sealed class RunningTasks
{
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count = 1; // one for whoever drains

    /// <summary>How many run; before they are drained.</summary>
    public int Count => Volatile.Read(ref _count) - 1;

    /// <summary>Runs it on another thread. It must handle its own failures.</summary>
    public void Run(Func<Task> work) => Begin(() => Task.Run(work));

    /// <summary>The same, but begins it on this thread: what it sets up before it first waits is there
    /// afterwards.</summary>
    public void Begin(Func<Task> work)
    {
        Interlocked.Increment(ref _count);
        _ = LeaveAfterAsync();

        async Task LeaveAfterAsync()
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            finally
            {
                Leave();
            }
        }
    }

    /// <summary>Completes when all have ended. Call it once, when nothing new begins.</summary>
    public Task DrainAsync()
    {
        Leave();
        return _drained.Task;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _count) == 0) _drained.TrySetResult();
    }
}
