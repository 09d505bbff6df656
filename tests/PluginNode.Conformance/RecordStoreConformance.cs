using NUnit.Framework;
using PluginNode.Storage;

namespace PluginNode.Conformance;

/// <summary>
/// The laws of a record store. Derive, add <c>[TestFixture]</c>, and say how a store on this test's medium is made:
/// several stores are opened on it, one after the other.
/// </summary>
public abstract partial class RecordStoreConformance
{
    private static readonly KeyId Key = new(0x0123456789abcdef);

    /// <summary>A store that was not opened yet, on the medium of the running test: the same one at every
    /// call.</summary>
    protected abstract IRecordStore Create();

    /// <summary>Called before each law: prepares an empty medium.</summary>
    [SetUp]
    protected abstract void PrepareMedium();

    /// <summary>Called after each law: frees the medium.</summary>
    [TearDown]
    protected virtual void ReleaseMedium()
    {
    }

    /// <summary>What was appended is there after reopening, in the order of the sequences, header and body.</summary>
    [Test]
    public async Task Append_ThenReopen_KeepsOrderAndContent()
    {
        await using (var store = await OpenAsync())
            for (var i = 1; i <= 100; i++) await store.CommitAsync(Batch([i]));
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(Enumerable.Range(1, 100).Select(i => (long)i)));
    }

    /// <summary>A commit that has completed needs no closing of the store.</summary>
    [Test]
    public async Task Commit_WhenItCompletes_CanBeReadAtOnce()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(Batch([1, 2]));
        var bodies = await store.ReadBodiesAsync([2, 1], CancellationToken.None);
        Assert.That(bodies.Select(b => b.Body?.ToArray()), Is.EqualTo(new[] { BodyOf(2), BodyOf(1) }));
    }

    /// <summary>Removed records do not come back.</summary>
    [Test]
    public async Task Remove_ThenReopen_IsGone()
    {
        await using (var store = await OpenAsync())
        {
            await store.CommitAsync(Batch([1, 2, 3]));
            await store.CommitAsync(Batch([4], 1, 3));
        }
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(new long[] { 2, 4 }));
    }

    /// <summary>Removing twice, or what never was, changes nothing.</summary>
    [Test]
    public async Task Remove_TwiceOrUnknown_IsIgnored()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(Batch([1, 2]));
        await store.CommitAsync(Batch([], 1));
        await store.CommitAsync(Batch([], 1, 99));
        Assert.That((await store.ReadBodiesAsync([1, 2], CancellationToken.None)).Select(b => b.Body is null),
            Is.EqualTo(new[] { true, false }));
    }

    /// <summary>The report's greatest sequence counts removed records, so that none is given twice.</summary>
    [Test]
    public async Task Open_LastSequence_CountsRemovedRecords()
    {
        await using (var store = await OpenAsync())
        {
            await store.CommitAsync(Batch([1, 2, 7]));
            await store.CommitAsync(Batch([], 7));
        }
        var again = Create();
        await using (again)
            Assert.That((await again.OpenAsync(_ => { }, CancellationToken.None)).LastSequence, Is.EqualTo(7));
    }

    /// <summary>Commits that run at once are all kept, each whole.</summary>
    [Test]
    public async Task Commit_ManyAtOnce_AllAreKept()
    {
        await using (var store = await OpenAsync())
            await Task.WhenAll(Enumerable.Range(0, 200)
                .Select(i => store.CommitAsync(Batch([(2 * i) + 1, (2 * i) + 2]))));
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Has.Count.EqualTo(400));
    }

    /// <summary>Commits take effect in the order in which they were made, also when nobody waits in between.</summary>
    [Test]
    public async Task Commit_AppendThenRemoveWithoutWaiting_IsRemoved()
    {
        await using (var store = await OpenAsync())
            await Task.WhenAll(
                store.CommitAsync(Batch([1])), store.CommitAsync(Batch([2], 1)), store.CommitAsync(Batch([3])));
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(new long[] { 2, 3 }));
    }

    /// <summary>The keys are matched once, and a refusal leaves the store as it was.</summary>
    [Test]
    public async Task Open_KeysDoNotMatch_FailsWithThatError_AndLeavesEverything()
    {
        await using (var store = await OpenAsync()) await store.CommitAsync(Batch([1]));
        var asked = new List<KeyId>();
        var refused = Create();
        await using (refused)
            Assert.That(() => refused.OpenAsync(ids =>
            {
                asked.AddRange(ids);
                throw new StoreException("not this key");
            }, CancellationToken.None), Throws.TypeOf<StoreException>().With.Message.EqualTo("not this key"));
        Assert.That(asked, Is.EqualTo(new[] { Key }));
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(new long[] { 1 }));
    }

    /// <summary>Bodies of every size up to the limit come back as they went in.</summary>
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(100_000)]
    [TestCase(RecordLimits.BodyBytes)]
    public async Task Body_OfAnySize_ComesBack(int bytes)
    {
        var body = new byte[bytes];
        new Random(bytes).NextBytes(body);
        await using (var store = await OpenAsync())
            await store.CommitAsync(new RecordBatch([new Record(KeyOf(1), Key, HeaderOf(1), body)], []));
        await using var again = await OpenAsync();
        var read = (await again.ReadBodiesAsync([1], CancellationToken.None))[0].Body;
        Assert.That(read?.Span.SequenceEqual(body), Is.True);
    }

    /// <summary>Compaction keeps keys, order and content.</summary>
    [Test]
    public async Task Compact_KeepsWhatIsNotRemoved()
    {
        await using (var store = await OpenAsync())
        {
            for (var i = 1; i <= 60; i++) await store.CommitAsync(Batch([i], i % 10 == 1 || i == 1 ? [] : [i - 1]));
            await store.CompactAsync(CancellationToken.None);
        }
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(new long[] { 10, 20, 30, 40, 50, 60 }));
    }

    /// <summary>A record that the kernel found damaged is gone, and stays gone.</summary>
    [Test]
    public async Task Quarantine_RemovesTheRecord()
    {
        await using (var store = await OpenAsync())
        {
            if (store is not IQuarantine quarantine)
            {
                Assert.Ignore("This store has no quarantine.");
                return;
            }
            await store.CommitAsync(Batch([1, 2]));
            await quarantine.QuarantineAsync(1, "its tag does not match", CancellationToken.None);
            await quarantine.QuarantineAsync(1, "again", CancellationToken.None);
        }
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(new long[] { 2 }));
    }

    /// <summary>Disposing waits for what was committed before.</summary>
    [Test]
    public async Task Dispose_WhileCommitting_KeepsWhatWasCommitted()
    {
        var store = await OpenAsync();
        var commits = Enumerable.Range(1, 50).Select(i => store.CommitAsync(Batch([i]))).ToList();
        await store.DisposeAsync();
        await Task.WhenAll(commits);
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Has.Count.EqualTo(50));
    }

    private async Task<IRecordStore> OpenAsync()
    {
        var store = Create();
        await store.OpenAsync(_ => { }, CancellationToken.None);
        return store;
    }

    private static async Task<List<long>> ReadAsync(IRecordStore store)
    {
        var sequences = new List<long>();
        await foreach (var header in store.ReadHeadersAsync(CancellationToken.None))
        {
            Assert.That((header.Key, header.KeyId), Is.EqualTo((KeyOf(header.Key.Sequence), Key)));
            Assert.That(header.Sealed.ToArray(), Is.EqualTo(HeaderOf(header.Key.Sequence)));
            sequences.Add(header.Key.Sequence);
        }
        foreach (var body in await store.ReadBodiesAsync(sequences, CancellationToken.None))
            Assert.That(body.Body?.ToArray(), Is.EqualTo(BodyOf(body.Sequence)));
        return sequences;
    }

    private static RecordBatch Batch(IEnumerable<long> appends, params long[] removals) =>
        new([.. appends.Select(s => new Record(KeyOf(s), Key, HeaderOf(s), BodyOf(s)))], removals);

    private static RecordKey KeyOf(long sequence) => new(3, new Guid((int)sequence, 0, 0, new byte[8]), sequence);

    private static byte[] HeaderOf(long sequence) => BitConverter.GetBytes(sequence * 31);

    private static byte[] BodyOf(long sequence) => [.. Enumerable.Repeat((byte)sequence, 20 + (int)(sequence % 7))];
}
