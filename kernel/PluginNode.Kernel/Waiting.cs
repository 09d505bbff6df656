namespace PluginNode;

/// <summary>
/// Waiting for one of several things. <c>Task.WhenAny</c>, <c>Task.WaitAsync</c> and <c>Unwrap</c> complete on a pool
/// thread when what they wait for completes asynchronously: they would leave the synchronization context, and with it
/// the simulation.
/// </summary>
internal static class Waiting
{
    /// <summary>Waits until the signal comes (true) or the time is over (false).</summary>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    public static async Task<bool> ForAsync(
        TaskCompletionSource<bool> signal, TimeSpan most, TimeProvider time, CancellationToken cancellation)
    {
        await using var timer = time.CreateTimer(
            _ => signal.TrySetResult(false), null, most, Timeout.InfiniteTimeSpan);
        await using var cancelled = cancellation.Register(() => signal.TrySetCanceled(cancellation));
        return await signal.Task;
    }

    /// <summary>Waits until the task has ended in whatever way (true) or the time is over (false). The task goes
    /// on.</summary>
    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    public static Task<bool> ForEndAsync(Task task, TimeSpan most, TimeProvider time, CancellationToken cancellation)
    {
        if (task.IsCompleted) return Task.FromResult(true);
        var signal = NewSignal();
        _ = TellAsync(task, signal);
        return ForAsync(signal, most, time, cancellation);
    }

    public static TaskCompletionSource<bool> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task TellAsync(Task task, TaskCompletionSource<bool> signal)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // Who waits looks at the task itself; where nobody waits any more its fault concerns nobody.
        }
        signal.TrySetResult(true);
    }
}

/// <summary>Something that happens again and again, and who waits for the next time. Owned by a loop.</summary>
internal sealed class Signal
{
    private readonly HashSet<TaskCompletionSource<bool>> _waiting = [];

    /// <summary>To be waited for with <see cref="Waiting.ForAsync"/>, and forgotten when that was in vain.</summary>
    public TaskCompletionSource<bool> Wait()
    {
        var signal = Waiting.NewSignal();
        _waiting.Add(signal);
        return signal;
    }

    public void Forget(TaskCompletionSource<bool> signal) => _waiting.Remove(signal);

    public void Set()
    {
        foreach (var signal in _waiting) signal.TrySetResult(true);
        _waiting.Clear();
    }
}
