using Microsoft.Extensions.Logging;
using PluginNode.Plugins;
using PluginNode.Storage;

namespace PluginNode.Recovery;

/// <summary>What came of a call.</summary>
/// <param name="Value">What it returned; meaningless where it failed.</param>
/// <param name="Failure">Why there is nothing, one line; null where it returned.</param>
internal readonly record struct CallEnd<T>(T? Value, string? Failure);

/// <summary>
/// Calls into the code of plugins: what throws becomes text, what takes too long is cancelled, and what does not come
/// back even then is left behind and reported. Callable from any thread.
/// </summary>
internal sealed class PluginCalls(
    TimeProvider time, ILogger logger, Action<string, string>? faulted, CancellationToken stopped)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Call> _running = [];

    /// <summary>Whether a call of it that was left behind has not come back yet.</summary>
    public bool IsBusy(object it)
    {
        lock (_lock) return _running.Exists(c => c.It == it);
    }

    /// <summary>Makes a call.</summary>
    /// <param name="what">What is called, and whose it is.</param>
    /// <param name="body">The call itself; what it throws synchronously counts as well.</param>
    /// <param name="left">Asked when nothing more may come of it: how long it may still take; nothing or less: it took
    /// too long.</param>
    /// <exception cref="OperationCanceledException">The node stops.</exception>
    public async Task<CallEnd<T>> RunAsync<TIt, T>(
        Owned<TIt> what, Func<CancellationToken, Task<T>> body, Func<TimeSpan> left) where TIt : class
    {
        stopped.ThrowIfCancellationRequested();
        var call = new Call(what.It, what.Owner, CancellationTokenSource.CreateLinkedTokenSource(stopped));
        lock (_lock) _running.Add(call);
        var task = InvokeAsync(call, what.Name, body);
        try
        {
            while (left() is { } more && more > TimeSpan.Zero)
                if (await Waiting.ForEndAsync(task, more, time, stopped)) return await task;
            Report(what.Owner, $"{what.Name}: it took too long, and was cancelled");
            call.Cancel();
        }
        catch (OperationCanceledException)
        {
            await EndAsync(call, task);
            throw;
        }
        await EndAsync(call, task);
        return new CallEnd<T>(
            default, task.IsCompleted ? "it took too long" : "it took too long, and does not come back");
    }

    /// <summary>Cancels what is at work of a plugin, and waits until that has ended, for ten seconds at most.</summary>
    public async Task CancelAsync(string owner)
    {
        Call[] calls;
        lock (_lock) calls = [.. _running.Where(c => c.Owner == owner)];
        foreach (var call in calls) call.Cancel();
        foreach (var call in calls) await EndAsync(call, call.Ended.Task);
    }

    private async Task EndAsync(Call call, Task task)
    {
        if (!await Waiting.ForEndAsync(task, Grace, time, CancellationToken.None))
            Report(call.Owner, "it does not come back although it was cancelled: it is left behind");
    }

    private async Task<CallEnd<T>> InvokeAsync<T>(Call call, string name, Func<CancellationToken, Task<T>> body)
    {
        try
        {
            return new CallEnd<T>(await body(call.Token), null);
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            return new CallEnd<T>(default, "it was cancelled");
        }
        catch (StoreException e)
        {
            return new CallEnd<T>(default, $"the store failed: {FaultText.MessageOf(e)}"); // not the plugin's fault
        }
        catch (Exception e)
        {
            var failure = FaultText.Of(e); // the object would keep the plugin from unloading
            Report(call.Owner, $"{name}: {failure}");
            return new CallEnd<T>(default, failure);
        }
        finally
        {
            lock (_lock) _running.Remove(call);
            call.End();
        }
    }

    /// <summary>Tells of what a plugin did that it must not.</summary>
    public void Report(string owner, string what)
    {
        if (faulted is null) LogMessages.SyncPluginFaulted(logger, owner, what);
        else faulted(owner, what); // who is told says so in the log, too: once is enough
    }

    private sealed class Call(object it, string owner, CancellationTokenSource source)
    {
        private readonly Lock _lock = new();
        private bool _ended;

        public object It => it;

        public string Owner => owner;

        public CancellationToken Token { get; } = source.Token;

        public TaskCompletionSource<bool> Ended { get; } = Waiting.NewSignal();

        public void Cancel()
        {
            lock (_lock) if (_ended) return;
            try
            {
                source.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended just now.
            }
        }

        public void End()
        {
            lock (_lock) _ended = true;
            source.Dispose();
            Ended.TrySetResult(true);
        }
    }
}
