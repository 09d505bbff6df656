namespace PluginNode.Mqtt.Tests.Frames;

/// <summary>A wall clock that is wrong, and runs as it should.</summary>
internal sealed class OffsetTime(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
