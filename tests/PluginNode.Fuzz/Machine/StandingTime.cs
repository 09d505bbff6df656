namespace PluginNode.Fuzz.Machine;

/// <summary>A clock that stands; its timers never fire.</summary>
internal sealed class StandingTime : TimeProvider
{
    public static readonly StandingTime Instance = new();

    public override DateTimeOffset GetUtcNow() => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer();

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            // Nothing was begun.
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
