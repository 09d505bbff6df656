namespace PluginNode.Host.Tests;

/// <summary>The machine's clock, except that elapsed time leaps ahead when it is told to.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long _leaps;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _leaps);

    public void Leap(TimeSpan by) => Interlocked.Add(ref _leaps, (long)(by.TotalSeconds * TimestampFrequency));
}
