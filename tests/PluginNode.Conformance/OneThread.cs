using System.Collections.Concurrent;

namespace PluginNode.Conformance;

/// <summary>
/// Runs asynchronous code on the calling thread: all that it posts comes back here, one after the other, so that the
/// same input gives the same run and what it allocates is counted. Where code leaves the context it may come back
/// later.
/// </summary>
public sealed class OneThread : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly BlockingCollection<(SendOrPostCallback Work, object? State)> _queue = [];

    private OneThread()
    {
    }

    /// <summary>What it comes to.</summary>
    /// <exception cref="TimeoutException">Nothing has moved for 20 seconds, and it has not ended.</exception>
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
                    throw new TimeoutException(
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

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) => d(state);

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;
}
