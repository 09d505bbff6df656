using PluginNode.Conformance;
using PluginNode.Storage;

namespace PluginNode.FileStore.Tests;

/// <summary>The laws of a record store, on a disk in memory that can be full and can crash at each write.</summary>
[TestFixture]
internal sealed class FileStoreFaultConformanceTests : RecordStoreConformance
{
    private MemoryDisk _disk = null!;

    protected override void PrepareMedium() => _disk = new MemoryDisk();

    protected override IRecordStore Create()
    {
        _disk.FailWrite = null; // the crash that is waited for is one of the store before
        return StoreUnderTest.On(_disk);
    }

    protected override bool SetFull(IRecordStore store, bool full)
    {
        _disk.FreeBytes = full ? 0 : long.MaxValue;
        return true;
    }

    protected override IRecordStore CreateCrashing(int step)
    {
        var (disk, writes, crash) = (_disk, 0, new Lock());
        disk.FailWrite = _ =>
        {
            lock (crash)
            {
                if (++writes == step) _disk = Copy(disk);
                return writes >= step; // what comes after the crash is written where nobody looks
            }
        };
        return StoreUnderTest.On(disk);
    }

    private static MemoryDisk Copy(MemoryDisk disk)
    {
        lock (disk.Files) return MemoryDisk.With(disk.Files);
    }
}
