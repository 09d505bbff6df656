using PluginNode.Identity;
using PluginNode.Simulation.Machine;

namespace PluginNode.Simulation.Stress;

/// <summary>One thread on which the applications and the auditor run, while the nodes run on the thread pool.</summary>
internal sealed class StageThread : SynchronizationContext, IStage
{
    private readonly Queue<(SendOrPostCallback Work, object? State)> _work = [];
    private string? _fault;
    private bool _over;

    public StageThread(ulong seed, TimeProvider time)
    {
        Chance = new SimChance(seed, time);
        Trace = new Trace(() => time.GetElapsedTime(0).Ticks, kept: 5000);
    }

    public SimChance Chance { get; }

    public Trace Trace { get; }

    public void Watch(Task task) => _ = WatchAsync(task);

    public void Fail(string fault) => _fault ??= fault;

    /// <summary>From any thread. When the run is over nothing runs any more.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_work)
        {
            if (_over) return;
            _work.Enqueue((d, state));
            Monitor.Pulse(_work);
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs everything on the caller's thread until the task ends; what was found, or null.</summary>
    public string? Run(Func<Task> play)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = play();
            while (!task.IsCompleted && _fault is null)
            {
                var (work, state) = Take();
                work(state);
            }
            if (task.Exception is { } e) Fail(e.InnerException is SimulationException s ? s.Message : $"{e}");
            return _fault;
        }
        finally
        {
            lock (_work) _over = true;
            SetSynchronizationContext(outer);
        }
    }

    private (SendOrPostCallback Work, object? State) Take()
    {
        lock (_work)
        {
            while (_work.Count == 0) Monitor.Wait(_work);
            return _work.Dequeue();
        }
    }

    private async Task WatchAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            Fail(e is SimulationException ? e.Message : e.ToString());
        }
    }
}
