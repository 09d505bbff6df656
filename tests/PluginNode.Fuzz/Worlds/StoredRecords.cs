using PluginNode.Conformance.Fakes;
using PluginNode.Fuzz.Machine;
using PluginNode.Identity;
using PluginNode.Storage;

namespace PluginNode.Fuzz.Worlds;

/// <summary>Records of the receiver's store whose sealed headers hold any bytes.</summary>
internal static class StoredRecords
{
    public static RecordSealer NewSealer() =>
        new(SomeNodes.Receiver, [], new SeededChance(5));

    /// <summary>Seals one record.</summary>
    public static Record Seal(RecordSealer sealer, RecordKey key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        var sealedHeader = new byte[RecordSealer.Overhead + header.Length];
        sealer.Seal(key, RecordPart.Header, header, sealedHeader);
        var sealedBody = new byte[RecordSealer.SealedBytes(body.Length)];
        if (body.Length > 0) sealer.Seal(key, RecordPart.Body, body, sealedBody);
        return new Record(key, sealer.KeyId, sealedHeader, sealedBody);
    }

    /// <summary>A disk with a store that holds them, each committed for itself.</summary>
    public static async Task<MemoryDisk> OnADiskAsync(IEnumerable<Record> records)
    {
        var disk = new MemoryDisk();
        await using var store = KernelWorld.StoreOn(disk);
        await store.OpenAsync(_ => { }, CancellationToken.None);
        foreach (var record in records) await store.CommitAsync(new RecordBatch([record], []));
        return disk;
    }
}
