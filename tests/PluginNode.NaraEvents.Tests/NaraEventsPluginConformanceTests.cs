using PluginNode.Conformance;

namespace PluginNode.NaraEvents.Tests;

/// <summary>The laws of a plugin.</summary>
[TestFixture]
public sealed class NaraEventsPluginConformanceTests : PluginConformance
{
    protected override PluginCase Plugin { get; } = PluginCase.Of<NaraEventsPlugin>();
}
