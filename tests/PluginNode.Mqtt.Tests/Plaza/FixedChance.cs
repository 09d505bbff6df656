using PluginNode.Conformance.Fakes;
using PluginNode.Plugins;

namespace PluginNode.Mqtt.Tests.Plaza;

/// <summary>Chance whose draws between 0 and 1 are all the same; what it fills with is not.</summary>
internal sealed class FixedChance(double drawn) : IChance
{
    private readonly SeededChance _chance = SeededChance.Printed();

    public void Fill(Span<byte> bytes) => _chance.Fill(bytes);

    public double NextDouble() => drawn;

    public Guid NewId() => _chance.NewId();
}
