namespace PluginNode.Ledger;

/// <summary>Where signatures are checked: it costs more than all else that a merge does. Callable from any thread,
/// several times at once.</summary>
public interface ISignatureChecks
{
    /// <summary>Which library checks, e.g. <c>libcrypto</c>: for the log and for people. Constant.</summary>
    string Name { get; }

    /// <summary>Calls <paramref name="check"/> once with each number from 0 to <paramref name="count"/> − 1, in any
    /// order and on any number of threads at once; completes when all have returned. It throws nothing.</summary>
    Task RunAsync(int count, Action<int> check);
}

/// <summary>One after the other, on the caller's thread: for the simulation.</summary>
public sealed class InlineSignatureChecks : ISignatureChecks
{
    /// <inheritdoc/>
    public string Name => "libcrypto";

    /// <inheritdoc/>
    public Task RunAsync(int count, Action<int> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        for (var i = 0; i < count; i++) check(i);
        return Task.CompletedTask;
    }
}

/// <summary>On all cores.</summary>
public sealed class ParallelSignatureChecks : ISignatureChecks
{
    private const int AtOnce = 32; // taken by a thread in one go: a check costs 60 to 160 µs

    /// <inheritdoc/>
    public string Name => "libcrypto";

    /// <inheritdoc/>
    public Task RunAsync(int count, Action<int> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        if (count <= 0) return Task.CompletedTask;
        var work = new Work(count, check);
        var workers = Math.Min(Environment.ProcessorCount, (count + AtOnce - 1) / AtOnce);
        for (var i = 0; i < workers; i++) ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        return work.Done;
    }

    private sealed class Work(int count, Action<int> check) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _taken, _ended;

        public Task Done => _done.Task;

        public void Execute()
        {
            try
            {
                while (Interlocked.Add(ref _taken, AtOnce) - AtOnce is var first && first < count)
                {
                    var behind = Math.Min(first + AtOnce, count);
                    for (var i = first; i < behind; i++) check(i);
                    if (Interlocked.Add(ref _ended, behind - first) == count) _done.SetResult();
                }
            }
            catch (Exception e)
            {
                _done.TrySetException(e); // on a pool thread it would end the process
            }
        }
    }
}
