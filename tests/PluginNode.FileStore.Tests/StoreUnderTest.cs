using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Storage;

namespace PluginNode.FileStore.Tests;

/// <summary>Opens stores on a disk and says what is in them.</summary>
internal static class StoreUnderTest
{
    public static readonly KeyId Key = new(0x1234);
    private static readonly FileStoreOptions Options = new() { SegmentBytes = 1 << 16 };

    public static FileRecordStore On(IDisk disk, int segmentBytes = 1 << 16) =>
        new(disk, Options with { SegmentBytes = segmentBytes }, NullLogger.Instance);

    public static async Task<(FileRecordStore Store, StoreReport Report)> OpenAsync(IDisk disk, int segmentBytes = 1 << 16)
    {
        var store = On(disk, segmentBytes);
        return (store, await store.OpenAsync(_ => { }, CancellationToken.None));
    }

    public static Record Record(long sequence, int bytes = 40)
    {
        var body = new byte[bytes];
        new Random((int)sequence).NextBytes(body);
        return new Record(
            new RecordKey(1, new Guid((int)sequence, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), sequence), Key,
            BitConverter.GetBytes(~sequence), body);
    }

    public static RecordBatch Batch(IEnumerable<long> appends, params long[] removals) =>
        new([.. appends.Select(s => Record(s))], removals);

    /// <summary>The sequences that can be read back, each with the body that it was appended with.</summary>
    public static async Task<List<long>> ReadAsync(FileRecordStore store)
    {
        var sequences = new List<long>();
        var lengths = new Dictionary<long, int>();
        await foreach (var header in store.ReadHeadersAsync(CancellationToken.None))
        {
            Assert.That(header.Sealed.ToArray(), Is.EqualTo(BitConverter.GetBytes(~header.Key.Sequence)));
            sequences.Add(header.Key.Sequence);
            lengths.Add(header.Key.Sequence, header.BodyBytes);
        }
        var good = new List<long>();
        foreach (var body in await store.ReadBodiesAsync(sequences, CancellationToken.None))
        {
            if (body.Body is not { } bytes) continue;
            Assert.That(bytes.ToArray(), Is.EqualTo(Record(body.Sequence, lengths[body.Sequence]).Body.ToArray()));
            good.Add(body.Sequence);
        }
        return good;
    }

    public static async Task<List<long>> ReopenAsync(MemoryDisk disk)
    {
        var (store, _) = await OpenAsync(MemoryDisk.With(disk.Files));
        await using (store) return await ReadAsync(store);
    }
}
