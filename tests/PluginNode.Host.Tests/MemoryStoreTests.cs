using PluginNode.Composition;
using PluginNode.Storage;

namespace PluginNode.Host.Tests;

public sealed class MemoryStoreTests
{
    [Test]
    public async Task Commit_ThenRead_GivesCopiesInOrderAndNullForWhatIsGone()
    {
        await using var store = new MemoryStore();
        await store.OpenAsync(_ => { }, default);
        byte[] body = [1, 2, 3];
        await store.CommitAsync(new RecordBatch([Some(1, body), Some(2, body), Some(3, body)], []));
        body[0] = 9;
        await store.CommitAsync(new RecordBatch([], [2, 77]));
        var headers = await Collect(store.ReadHeadersAsync(default));
        var bodies = await store.ReadBodiesAsync([3, 2, 1], default);
        Assert.That(headers.Select(h => h.Key.Sequence), Is.EqualTo(new[] { 1, 3 }));
        Assert.That(bodies.Select(b => b.Body?.ToArray()), Is.EqualTo(new byte[]?[] { [1, 2, 3], null, [1, 2, 3] }));
    }

    private static Record Some(long sequence, byte[] body) =>
        new(new RecordKey(1, Guid.Empty, sequence), new KeyId(1), new byte[] { 7 }, body);

    private static async Task<List<RecordHeader>> Collect(IAsyncEnumerable<RecordHeader> headers)
    {
        var list = new List<RecordHeader>();
        await foreach (var header in headers) list.Add(header);
        return list;
    }
}
