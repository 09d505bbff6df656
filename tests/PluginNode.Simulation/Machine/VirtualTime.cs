namespace PluginNode.Simulation.Machine;

/// <summary>A node's clocks: the monotonic one is the run's, the wall clock may be wrong.</summary>
internal sealed class VirtualTime(Scheduler scheduler, TimeSpan wrong, NodeContext? context) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        scheduler.CheckThread();
        return scheduler.Now;
    }

    public override DateTimeOffset GetUtcNow() => scheduler.Epoch + wrong + TimeSpan.FromTicks(scheduler.Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(scheduler, context, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(Scheduler scheduler, NodeContext? context, Action callback) : ITimer
    {
        private Scheduler.Due? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_due is not null) _due.CalledOff = true;
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : scheduler.After(dueTime, context, () => Fire(period));
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(TimeSpan period)
        {
            _due = null;
            if (period > TimeSpan.Zero) Change(period, period);
            callback();
        }
    }
}
