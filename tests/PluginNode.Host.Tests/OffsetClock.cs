namespace PluginNode.Host.Tests;

/// <summary>A clock that goes as fast as the machine's and shows another time.</summary>
internal sealed class OffsetClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
