using PluginNode.Identity;

namespace PluginNode.Simulation.Machine;

/// <summary>
/// One thread, one clock, one source of chance for everything that happens in a run: the next ready continuation is
/// picked by the seed, and when none is ready time jumps to the next thing that is due.
/// </summary>
internal sealed class Scheduler : IStage
{
    private const long MostStepsAtOnce = 1_000_000;

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<(NodeContext? Context, Action Work)> _ready = [];
    private readonly PriorityQueue<Due, (long At, long Order)> _due = new();
    private long _order;
    private long _stepsNow;
    private string? _fault;

    public Scheduler(ulong seed)
    {
        Chance = new SimChance(seed, new VirtualTime(this, TimeSpan.Zero, null));
        Trace = new Trace(() => Now);
    }

    /// <summary>When the run begins, by a wall clock that is right.</summary>
    public DateTimeOffset Epoch { get; init; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Ticks since the run began.</summary>
    public long Now { get; private set; }

    public SimChance Chance { get; }

    public Trace Trace { get; }

    /// <summary>How many continuations have run.</summary>
    public long Steps { get; private set; }

    /// <summary>Something to run at a time, unless it was called off or its context died before.</summary>
    public sealed class Due(NodeContext? context, Action work)
    {
        public NodeContext? Context { get; } = context;
        public Action Work { get; } = work;
        public bool CalledOff { get; set; }
    }

    /// <summary>Whether the run is over: nothing runs any more.</summary>
    public bool Ended { get; private set; }

    public void End() => Ended = true;

    public void Post(NodeContext? context, Action work)
    {
        CheckThread();
        _ready.Add((context, work));
    }

    /// <summary>Begins work in a context; what it throws ends the run.</summary>
    public void Begin(NodeContext context, Func<Task> work) => Post(context, () => Watch(work()));

    public void Watch(Task task) => _ = WatchAsync(task);

    public Due At(long time, NodeContext? context, Action work)
    {
        CheckThread();
        var due = new Due(context, work);
        _due.Enqueue(due, (Math.Max(time, Now), _order++));
        return due;
    }

    public Due After(TimeSpan wait, NodeContext? context, Action work) => At(Now + wait.Ticks, context, work);

    /// <summary>Runs until that time, or until nothing is left to happen.</summary>
    public void RunUntil(long end)
    {
        var outer = SynchronizationContext.Current;
        try
        {
            while (true)
            {
                while (_ready.Count > 0 && _fault is null) RunOne();
                if (_fault is not null) throw new SimulationException(_fault);
                if (!_due.TryPeek(out _, out var next) || next.At > end) break;
                (Now, _stepsNow) = (next.At, 0);
                while (_due.TryPeek(out var due, out var at) && at.At == Now)
                {
                    _due.Dequeue();
                    if (!due.CalledOff) _ready.Add((due.Context, due.Work));
                }
            }
            Now = end;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Fails loudly when code of a node runs on another thread.</summary>
    public void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new SimulationException("code of a node ran on another thread: it left the synchronization context");
    }

    public void Fail(string fault) => _fault ??= fault;

    private async Task WatchAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            _fault ??= e is SimulationException ? e.Message : e.ToString();
        }
    }

    private void RunOne()
    {
        var pick = _ready.Count == 1 ? 0 : this.Below(_ready.Count);
        var (context, work) = _ready[pick];
        _ready[pick] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (context is { IsDead: true }) return;
        Steps++;
        if (++_stepsNow > MostStepsAtOnce) throw new SimulationException("time stands still: something spins");
        SynchronizationContext.SetSynchronizationContext(context);
        work();
    }
}

/// <summary>The run found a fault, in the node or in itself.</summary>
internal sealed class SimulationException(string message) : Exception(message);
