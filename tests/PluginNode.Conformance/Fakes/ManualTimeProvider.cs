namespace PluginNode.Conformance.Fakes;

/// <summary>
/// A clock that stands until <see cref="Advance"/> moves it. Timers fire in the order in which they are due, in the
/// caller's thread, each while the clock shows its own time. Thread-safe, but one thread at a time advances it.
/// </summary>
/// <param name="start">What the wall clock shows at first. Default: 2026-01-01, UTC.</param>
public sealed class ManualTimeProvider(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = []; // those that will fire, in the order in which they were set
    private TimeSpan _now;
    private TimeSpan _jumped;

    /// <summary>A timestamp is a <see cref="TimeSpan"/>'s ticks since the start.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers will fire some time.</summary>
    public int Timers => Locked(() => _timers.Count);

    /// <summary>How long until the next timer fires; null where there is none.</summary>
    public TimeSpan? UntilNext => Locked(() => _timers.Count == 0 ? (TimeSpan?)null : _timers.Min(t => t.Due) - _now);

    /// <inheritdoc/>
    public override long GetTimestamp() => Locked(() => _now.Ticks);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Locked(() => (start ?? Epoch) + _now + _jumped);

    /// <summary>Sets the wall clock, as an operator or a time server does. Timestamps and timers
    /// do not notice.</summary>
    public void SetUtcNow(DateTimeOffset now) => Locked(() => _jumped = now - (start ?? Epoch) - _now);

    /// <summary>Lets time pass, and fires what becomes due meanwhile, also what is only set by then.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Time runs forwards only.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var until = Locked(() => _now + by);
        while (Locked(() => TakeDue(until)) is { } timer) timer.Callback(timer.State);
        Locked(() => _now = until);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private static DateTimeOffset Epoch => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private Timer? TakeDue(TimeSpan until)
    {
        // the first of those that are due soonest
        if (_timers.MinBy(t => t.Due) is not { } timer || timer.Due > until) return null;
        if (timer.Due > _now) _now = timer.Due;
        _timers.Remove(timer);
        if (timer.Period <= TimeSpan.Zero) return timer; // zero or infinite: once
        timer.Due += timer.Period;
        _timers.Add(timer);
        return timer;
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_lock) return read();
    }

    private sealed class Timer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public TimerCallback Callback => callback;

        public object? State => state;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
                if (_disposed) return false;
                (Due, Period) = (clock._now + dueTime, period);
                if (dueTime >= TimeSpan.Zero) clock._timers.Add(this); // negative: never
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._lock)
            {
                _disposed = true;
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
