namespace PluginNode.Conformance.Tests;

/// <summary>A plugin in an assembly of its own keeps all laws that are about it.</summary>
[TestFixture]
public sealed class StrictPluginConformanceTests : PluginConformance
{
    protected override PluginCase Plugin { get; } = PluginCase.Of<StrictPlugin.Entry>() with
    {
        Settings = """{ "size": 3, "name": "x" }""",
    };
}
