using PluginNode.Conformance.Fakes;
using PluginNode.Storage;

namespace PluginNode.Conformance.Tests;

/// <summary>The reference keeps its own laws.</summary>
[TestFixture]
public sealed class MemoryRecordStoreTests : RecordStoreConformance
{
    private MemoryMedium _medium = null!;

    protected override void PrepareMedium() => _medium = new MemoryMedium();

    protected override IRecordStore Create() => new MemoryRecordStore(_medium);
}
