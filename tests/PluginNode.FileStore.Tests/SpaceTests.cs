using PluginNode.Storage;

namespace PluginNode.FileStore.Tests;

/// <summary>How many segments there are follows from what lives in them, and not from the time or the
/// restarts.</summary>
[TestFixture]
internal sealed class SpaceTests
{
    private const int SegmentBytes = 1 << 16;

    private MemoryDisk _disk = null!;
    private long _sequence;

    [SetUp]
    public void SetUp() => (_disk, _sequence) = (new MemoryDisk(), 0);

    /// <summary>Records that stay make the first segment more than half full; what is removed behind it names its
    /// predecessor, and so on: none of them could go.</summary>
    [Test]
    public async Task Remove_BehindRecordsThatStay_SegmentsStayFew()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
        {
            var kept = await KeepAsync(store, 8);
            for (var i = 0; i < 2000; i++) await ChurnAsync(store);
            await store.DisposeAsync();
            Assert.That(Segments, Is.LessThanOrEqualTo(Bound(kept + 2)));
            Assert.That(await StoreUnderTest.ReopenAsync(_disk), Has.Count.EqualTo(kept + 1));
        }
    }

    /// <summary>A process that is killed begins a new segment with each start.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Restart_ManyTimes_SegmentsStayFew(bool killed)
    {
        var kept = 0;
        for (var start = 0; start < 300; start++)
        {
            var (store, report) = await StoreUnderTest.OpenAsync(_disk);
            if (kept == 0) kept = await KeepAsync(store, 8);
            else Assert.That(report.Records, Is.EqualTo(kept + 1), $"start {start}");
            await ChurnAsync(store);
            await ChurnAsync(store);
            MemoryDisk atKill;
            lock (_disk.Files) atKill = MemoryDisk.With(_disk.Files); // it goes on giving space back meanwhile
            await store.DisposeAsync();
            if (killed) _disk = atKill;
            Assert.That(Segments, Is.LessThanOrEqualTo(Bound(kept + 2)), $"start {start}");
        }
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Has.Count.EqualTo(kept + 1));
    }

    /// <summary>The prepared segment that a larger batch passes over is given back.</summary>
    [Test]
    public async Task Commit_LargerThanASegment_ManyTimes_SegmentsStayFew()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
        {
            for (var i = 0; i < 50; i++)
            {
                for (var k = 0; k < 5; k++) await ChurnAsync(store); // enough for the next one to be prepared
                await store.CommitAsync(new RecordBatch(
                    [StoreUnderTest.Record(++_sequence, SegmentBytes * 2)], [_sequence - 1]));
            }
        }
        Assert.That(Segments, Is.LessThanOrEqualTo(Bound(30)));
    }

    [Test]
    public async Task Crash_AfterAnyStepOfCompaction_KeepsWhatWasCommitted()
    {
        var committed = new List<(int Step, long[] Alive)>();
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        for (var i = 1L; i <= 45; i++)
        {
            await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(i, 20_000)], i > 3 ? [i - 1] : []));
            committed.Add((_disk.Steps.Count, [.. new[] { 1, 2, i }.Where(s => s <= i).Distinct()]));
        }
        await store.DisposeAsync();
        var steps = _disk.Steps.ToList();
        Assert.That(steps.Count(s => s.Kind == MemoryDisk.StepKind.Delete), Is.GreaterThan(8), "it was compacted");
        var empty = new Dictionary<string, byte[]>();
        for (var count = 0; count < steps.Count; count++)
            foreach (var part in (int[])[0, steps[count].Bytes.Length / 2])
                foreach (var lose in (bool[])[false, true])
                {
                    var found = await StoreUnderTest.ReopenAsync(MemoryDisk.After(empty, steps, count, part, lose));
                    var last = committed.LastOrDefault(c => c.Step <= count);
                    var following = committed.FirstOrDefault(c => c.Step > count);
                    Assert.That(found, Is.EqualTo(last.Alive ?? []).Or.EqualTo(following.Alive ?? []),
                        $"step {count} of {steps.Count}, {part} bytes of the next one, unflushed lost: {lose}");
                }
    }

    /// <summary>A damaged body keeps no space, and moving it hides nothing.</summary>
    [Test]
    public async Task Compact_OneBodyIsDamaged_ItIsStillFound_AndCostsNoOther()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
        {
            var kept = await KeepAsync(store, 8);
            _disk.Flip("00000001.seg", 60 + sizeof(long) + 5);
            for (var i = 0; i < 500; i++) await ChurnAsync(store);
            var bodies = await store.ReadBodiesAsync([1, 2, 3], CancellationToken.None);
            Assert.That(bodies.Select(b => b.Body is null), Is.EqualTo(new[] { true, false, false }));
            await store.DisposeAsync();
            Assert.That(_disk.List(), Has.No.Member("00000001.seg"));
            Assert.That(Segments, Is.LessThanOrEqualTo(Bound(kept + 2)));
            Assert.That(await StoreUnderTest.ReopenAsync(_disk), Has.Count.EqualTo(kept));
        }
        Assert.That(_disk.Files.Keys, Has.Some.StartsWith("quarantine/"));
    }

    /// <summary>A header that was damaged while the node runs may name another record: it must not take its
    /// place.</summary>
    [Test]
    public async Task Compact_OneHeaderIsDamaged_TakesNoOthersPlace()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        for (var i = 1L; i <= 12; i++) await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(i, 5000)], []));
        await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(13, 5000)], [1, 2, 5, 6, 7, 8, 9, 10, 11, 12]));
        var sequenceOfThird = (2 * (60 + sizeof(long) + 5000 + 8)) + 32;
        _disk.Change("00000001.seg", sequenceOfThird, 13);
        await store.CompactAsync(CancellationToken.None);
        await store.DisposeAsync();
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(new long[] { 4, 13 }));
        Assert.That(_disk.Files.Keys, Has.Some.StartsWith("quarantine/"));
    }

    /// <summary>What names a segment stays until that one has gone.</summary>
    [Test]
    public async Task Delete_Fails_WhatWasRemovedStaysRemoved()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        _disk.FailDelete = name => name == "00000001.seg";
        for (var i = 0; i < 60; i++) await ChurnAsync(store);
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(new[] { _sequence }));
        _disk.FailDelete = null;
        await ChurnAsync(store);
        await store.DisposeAsync();
        Assert.That(_disk.List(), Has.No.Member("00000001.seg"), "it is tried again");
    }

    private int Segments => _disk.List().Count(n => n.EndsWith(".seg", StringComparison.Ordinal));

    // Twice what lives, eight, and those that are written, prepared, or were just emptied.
    private static int Bound(int records) => (int)(2L * records * 5100 / SegmentBytes) + 8 + 3;

    private async Task<int> KeepAsync(FileRecordStore store, int records)
    {
        for (var i = 0; i < records; i++) await store.CommitAsync(Batch());
        return records - 1; // the last one is removed by what comes next
    }

    /// <summary>One record comes, the one before it goes.</summary>
    private Task ChurnAsync(FileRecordStore store) => store.CommitAsync(Batch(_sequence));

    private RecordBatch Batch(params long[] removals) => new([StoreUnderTest.Record(++_sequence, 5000)], removals);
}
