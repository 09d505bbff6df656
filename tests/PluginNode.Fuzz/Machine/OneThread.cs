using System.Collections.Concurrent;

namespace PluginNode.Fuzz.Machine;

/// <summary>
/// Runs asynchronous code on the calling thread: what the kernel's loops post comes back here, so that the same input
/// gives the same run and what it allocates is counted. Where code leaves the context it may come back later.
/// </summary>
internal sealed class OneThread : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly BlockingCollection<(SendOrPostCallback Work, object? State)> _queue = [];

    private OneThread()
    {
    }

    /// <exception cref="BrokenPropertyException">Nothing moves any more, and it has not ended.</exception>
    public static T Run<T>(Func<Task<T>> work)
    {
        var before = Current;
        var here = new OneThread();
        SetSynchronizationContext(here);
        try
        {
            var task = work();
            // Wakes the loop below also where the end comes from elsewhere; run there, as a continuation of its own.
            _ = task.ContinueWith(
                _ => here.Post(_ => { }, null), CancellationToken.None, TaskContinuationOptions.None,
                    TaskScheduler.Default);
            while (!task.IsCompleted)
            {
                if (!here._queue.TryTake(out var next, Patience))
                    throw new BrokenPropertyException(
                        $"nothing happens any more, and it has not ended after {Patience}");
                next.Work(next.State);
            }
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}
