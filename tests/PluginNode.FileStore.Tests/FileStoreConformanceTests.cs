using PluginNode.Conformance;
using PluginNode.Storage;

namespace PluginNode.FileStore.Tests;

/// <summary>The laws of a record store, on a real folder.</summary>
[TestFixture]
public sealed class FileStoreConformanceTests : RecordStoreConformance
{
    private string _folder = null!;

    protected override void PrepareMedium() => _folder = Directory.CreateTempSubdirectory("pluginnode-store-").FullName;

    protected override void ReleaseMedium() => Directory.Delete(_folder, recursive: true);

    protected override IRecordStore Create() => StoreUnderTest.On(new FolderDisk(_folder), 1 << 20);
}
