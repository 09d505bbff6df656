using PluginNode.Conformance;

namespace PluginNode.FileStore.Tests;

/// <summary>The laws of a plugin.</summary>
[TestFixture]
public sealed class FileStorePluginConformanceTests : PluginConformance
{
    protected override PluginCase Plugin { get; } = PluginCase.Of<FileStorePlugin>() with
    {
        Settings = """{ "folder": "store", "segmentBytes": 65536 }""",
    };
}
