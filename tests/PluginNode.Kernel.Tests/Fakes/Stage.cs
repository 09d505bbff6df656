using System.Collections.Concurrent;
using PluginNode.Conformance.Fakes;

namespace PluginNode.Kernel.Tests.Fakes;

/// <summary>
/// Runs kernels on the test's own thread and on a clock that stands: nothing happens but in <see cref="Run"/> and
/// <see cref="Advance"/>, and when those return everything has happened that can happen at that time. So tests can say
/// at which second something is done.
/// </summary>
internal sealed class Stage : SynchronizationContext, IDisposable
{
    private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _ready = [];
    private readonly SynchronizationContext? _outer = Current;

    public Stage() => SetSynchronizationContext(this);

    public ManualTimeProvider Time { get; } = new();

    public DateTimeOffset Now => Time.GetUtcNow();

    public override void Post(SendOrPostCallback d, object? state) => _ready.Enqueue((d, state));

    public override SynchronizationContext CreateCopy() => this;

    public void Dispose() => SetSynchronizationContext(_outer);

    /// <summary>Everything that can happen now.</summary>
    public void Settle()
    {
        while (_ready.TryDequeue(out var next)) next.Callback(next.State);
    }

    /// <summary>What a task comes to without time passing.</summary>
    public T Run<T>(Func<Task<T>> work)
    {
        var task = work();
        Settle();
        Assert.That(task.IsCompleted, Is.True, "it waits for something that does not come without time passing");
        return task.GetAwaiter().GetResult();
    }

    public void Run(Func<Task> work) => Run(async () =>
    {
        await work();
        return true;
    });

    /// <summary>Lets time pass from one timer to the next.</summary>
    public void Advance(TimeSpan by)
    {
        Settle();
        var until = Now + by;
        while (Time.UntilNext is { } next && Now + next <= until)
        {
            Time.Advance(next > TimeSpan.Zero ? next : TimeSpan.Zero);
            Settle();
        }
        if (until > Now) Time.Advance(until - Now);
        Settle();
    }

    /// <summary>Lets time pass until something is so; fails where it is not within a time.</summary>
    public TimeSpan Until(Func<bool> so, TimeSpan most)
    {
        var began = Now;
        Settle();
        while (!so())
        {
            Assert.That(Now - began, Is.LessThan(most), "it did not come to that");
            Advance(Time.UntilNext is { } next && next > TimeSpan.Zero ? next : TimeSpan.FromTicks(1));
        }
        return Now - began;
    }
}
