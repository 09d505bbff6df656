using PluginNode.Storage;

namespace PluginNode.FileStore.Tests;

[TestFixture]
public sealed class FileRecordStoreTests
{
    private MemoryDisk _disk = null!;

    [SetUp]
    public void SetUp() => _disk = new MemoryDisk();

    [Test]
    public async Task Append_ThenReopen_KeepsOrder()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
            for (var i = 0; i < 200; i++)
                await store.CommitAsync(StoreUnderTest.Batch([(i * 3) + 1, (i * 3) + 2, (i * 3) + 3]));
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(Enumerable.Range(1, 600).Select(i => (long)i)));
    }

    [Test]
    public async Task Commit_ManyAtOnce_ShareFlushes()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk, 1 << 20);
        await using (store)
        {
            await store.CommitAsync(StoreUnderTest.Batch([1]));
            var before = _disk.Flushes;
            var gate = new TaskCompletionSource();
            _disk.Gate = gate.Task;
            var all = Enumerable.Range(2, 500).Select(i => store.CommitAsync(StoreUnderTest.Batch([i]))).ToList();
            gate.SetResult();
            await Task.WhenAll(all);
            Assert.That(_disk.Flushes - before, Is.LessThanOrEqualTo(3)); // the first ones, and all the others
        }
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Has.Count.EqualTo(501));
    }

    [Test]
    public async Task Remove_EverythingOfASegment_DeletesItsFile()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
        {
            for (var i = 1L; i <= 40; i++)
                await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(i, 10_000)], i > 2 ? [i - 2] : []));
            Assert.That(_disk.List(), Has.Count.LessThanOrEqualTo(5));
            Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(new long[] { 39, 40 }));
        }
        var (again, report) = await StoreUnderTest.OpenAsync(_disk);
        await using (again) Assert.That(report.LastSequence, Is.EqualTo(40));
    }

    [Test]
    public async Task Crash_AfterAnyStep_KeepsWhatWasCommitted_AndNothingInParts()
    {
        var committed = new List<(int Step, long[] Alive)>();
        var (store, _) = await StoreUnderTest.OpenAsync(_disk, 1 << 12 << 4);
        var alive = new SortedSet<long>();
        var sequence = 0L;
        for (var i = 0; i < 30; i++)
        {
            long[] appends = [++sequence, ++sequence, ++sequence];
            long[] removals = i % 3 == 2 ? [sequence - 4, sequence - 7] : [];
            await store.CommitAsync(new RecordBatch([.. appends.Select(s => StoreUnderTest.Record(s, 1500))], removals));
            alive.UnionWith(appends);
            alive.ExceptWith(removals);
            committed.Add((_disk.Steps.Count, [.. alive]));
        }
        var empty = new Dictionary<string, byte[]>();
        var steps = _disk.Steps.ToList();
        for (var count = 0; count < steps.Count; count++)
        {
            var next = steps[count].Bytes.Length;
            foreach (var part in (int[])[0, 1, next / 3, next * 2 / 3, next - 1])
                foreach (var lose in (bool[])[false, true])
                {
                    if (part < 0 || part >= Math.Max(1, next)) continue;
                    var disk = MemoryDisk.After(empty, steps, count, part, lose);
                    var found = await StoreUnderTest.ReopenAsync(disk);
                    var last = committed.LastOrDefault(c => c.Step <= count);
                    var following = committed.FirstOrDefault(c => c.Step > count);
                    Assert.That(found, Is.EqualTo(last.Alive ?? []).Or.EqualTo(following.Alive ?? []),
                        $"step {count} of {steps.Count}, {part} bytes of the next one, unflushed lost: {lose}");
                }
        }
        await store.DisposeAsync();
    }

    [Test]
    public async Task Flip_AnyByte_AffectsOneRecordAtMost_AndIsReported()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
        {
            await store.CommitAsync(StoreUnderTest.Batch([1, 2]));
            await store.CommitAsync(StoreUnderTest.Batch([3], 1));
            await store.CommitAsync(StoreUnderTest.Batch([4, 5]));
        }
        var file = _disk.Files.Single(f => f.Value.Length > 0 && f.Key.EndsWith(".seg", StringComparison.Ordinal));
        for (var offset = 0; offset < file.Value.Length; offset++)
        {
            var disk = MemoryDisk.With(_disk.Files);
            disk.Flip(file.Key, offset);
            var check = await StoreUnderTest.On(MemoryDisk.With(disk.Files)).CheckAsync(null, CancellationToken.None);
            Assert.That(check.Damage, Is.Not.Empty, $"check, byte {offset}");
            var (damaged, _) = await StoreUnderTest.OpenAsync(disk);
            await using (damaged)
            {
                var found = await StoreUnderTest.ReadAsync(damaged);
                var wrong = new long[] { 2, 3, 4, 5 }.Except(found).Count() + found.Except([2, 3, 4, 5]).Count();
                Assert.That(wrong, Is.LessThanOrEqualTo(1), $"byte {offset}: {string.Join(",", found)}");
                if (wrong > 0) Assert.That(disk.Files.Keys, Has.Some.StartsWith("quarantine/"), $"byte {offset}");
                await damaged.DisposeAsync();
                Assert.That(await StoreUnderTest.ReopenAsync(disk), Is.EquivalentTo(found), $"byte {offset}, mended");
            }
        }
    }

    [TestCase(0)]
    [TestCase(100)]
    public async Task Open_LastWriteLostAnySectors_AndTheOpeningIsCutOffAnywhere_ThatBatchIsWholeOrAbsent(int shift)
    {
        const int sector = 512;
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await store.CommitAsync(StoreUnderTest.Batch([1]));
        var from = _disk.Steps.Last(s => s.Kind == MemoryDisk.StepKind.Write) is { } first
            ? (int)first.Offset + first.Bytes.Length : 0;
        Record[] three = [.. new long[] { 2, 3, 4 }.Select(s => StoreUnderTest.Record(s, 600))];
        await store.CommitAsync(new RecordBatch(three, []));
        var written = _disk.Steps.Last(s => s.Kind == MemoryDisk.StepKind.Write);
        var files = MemoryDisk.With(_disk.Files).Files; // as at a power cut: the prepared space is still there
        var sectors = SectorOf(from + written.Bytes.Length - 1) - SectorOf(from) + 1;
        Assert.That(sectors, Is.GreaterThan(3));
        for (var kept = 0; kept < 1 << sectors; kept++)
        {
            var torn = MemoryDisk.With(files);
            for (var at = from; at < from + written.Bytes.Length; at++)
                if ((kept & (1 << (SectorOf(at) - SectorOf(from)))) == 0) torn.Change(written.Name, at, 0);
            var start = MemoryDisk.With(torn.Files).Files;
            var found = await FoundAsync(torn);
            Assert.That(found, Is.EqualTo(new long[] { 1 }).Or.EqualTo(new long[] { 1, 2, 3, 4 }), $"sectors {kept:b}");
            for (var count = 0; count < torn.Steps.Count; count++)
                foreach (var part in (int[])[0, sector / 2, sector, 2 * sector])
                {
                    var cut = MemoryDisk.After(
                        start, torn.Steps, count, Math.Min(part, torn.Steps[count].Bytes.Length), loseUnflushed: false);
                    Assert.That(
                        await FoundAsync(cut), Is.EqualTo(found), $"sectors {kept:b}, step {count} and {part} bytes");
                }
        }
        await store.DisposeAsync();

        int SectorOf(int at) => (at + shift) / sector; // where they begin is the disk's affair

        static async Task<List<long>> FoundAsync(MemoryDisk disk)
        {
            var (store, _) = await StoreUnderTest.OpenAsync(disk);
            await using (store) return await StoreUnderTest.ReadAsync(store);
        }
    }

    [Test]
    public async Task Commit_FlushFails_FailsAndTheNextOneSucceeds()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await store.CommitAsync(StoreUnderTest.Batch([1]));
        _disk.FailWrite = _ => true;
        Assert.That(() => store.CommitAsync(StoreUnderTest.Batch([2])), Throws.TypeOf<StoreException>());
        var failed = _disk.Steps[^1].Name;
        _disk.FailWrite = null;
        await store.CommitAsync(StoreUnderTest.Batch([3]));
        Assert.That(_disk.Steps.Last(s => s.Bytes.Length > 0).Name, Is.Not.EqualTo(failed), "nothing is put behind it");
        await store.DisposeAsync();
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.SupersetOf(new long[] { 1, 3 }));
    }

    [Test]
    public async Task Commit_DiskFull_FailsClearly_AndRecovers()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await store.CommitAsync(StoreUnderTest.Batch([1]));
        _disk.FreeBytes = 0;
        var sequence = 1L;
        Assert.That(async () =>
        {
            while (true) await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(++sequence, 5000)], []));
        }, Throws.TypeOf<StoreFullException>());
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Has.Count.EqualTo(sequence - 1), "earlier records stay");
        _disk.FreeBytes = long.MaxValue;
        await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(sequence, 5000)], []));
        await store.DisposeAsync();
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Has.Count.EqualTo(sequence));
    }

    [Test]
    public async Task Open_KeyDoesNotMatch_TouchesNothing()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await store.CommitAsync(StoreUnderTest.Batch([1]));
        await store.DisposeAsync();
        var before = _disk.Steps.Count;
        var asked = new List<KeyId>();
        Assert.That(() => StoreUnderTest.On(_disk).OpenAsync(ids =>
        {
            asked.AddRange(ids);
            throw new StoreException("wrong key");
        }, CancellationToken.None), Throws.TypeOf<StoreException>().With.Message.Contains("wrong key"));
        Assert.That((asked, _disk.Steps.Count), Is.EqualTo((new List<KeyId> { StoreUnderTest.Key }, before)));
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public async Task Compact_SparseSegments_KeepsKeysAndOrder_AndGivesSpaceBack()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        for (var i = 1L; i <= 60; i++) await store.CommitAsync(new RecordBatch([StoreUnderTest.Record(i, 5000)], []));
        var kept = Enumerable.Range(1, 60).Where(i => i % 10 == 0).Select(i => (long)i).ToList();
        await store.CommitAsync(new RecordBatch([], [.. Enumerable.Range(1, 60).Select(i => (long)i).Except(kept)]));
        var before = _disk.Files.Count;
        await store.CompactAsync(CancellationToken.None);
        await store.CommitAsync(StoreUnderTest.Batch([61], 10));
        await store.DisposeAsync();
        Assert.That(_disk.Files, Has.Count.LessThan(before));
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(kept.Skip(1).Append(61)));
    }

    [Test]
    public async Task Quarantine_ByTheKernel_CopiesAndRemoves()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await store.CommitAsync(StoreUnderTest.Batch([1, 2]));
        await store.QuarantineAsync(1, "the tag does not match", CancellationToken.None);
        Assert.That((await store.ReadBodiesAsync([1], CancellationToken.None))[0].Body, Is.Null);
        await store.DisposeAsync();
        Assert.That(await StoreUnderTest.ReopenAsync(_disk), Is.EqualTo(new long[] { 2 }));
        Assert.That(_disk.Files.Keys, Has.Some.StartsWith("quarantine/"));
    }

    [Test]
    public async Task ReadBodies_AByteOfOneIsFlipped_IsNullAndNotEmpty_AndPutAside()
    {
        var (store, _) = await StoreUnderTest.OpenAsync(_disk);
        await using (store)
        {
            await store.CommitAsync(StoreUnderTest.Batch([1]));
            await store.CommitAsync(StoreUnderTest.Batch([2])); // what is checked at opening is the last write only
        }
        _disk.Flip(_disk.List()[0], 60 + sizeof(long) + 5);
        var (again, report) = await StoreUnderTest.OpenAsync(_disk);
        await using (again)
        {
            Assert.That(report.Damage, Is.Empty);
            var bodies = await again.ReadBodiesAsync([1, 2], CancellationToken.None);
            Assert.That(bodies[0].Body, Is.Null);
            Assert.That(bodies[1].Body?.Length, Is.EqualTo(40));
        }
        Assert.That(_disk.Files.Keys, Has.Some.StartsWith("quarantine/"));
    }

    [Test]
    public async Task Remove_WhatAnAbandonedCompactionHadMoved_StaysRemoved()
    {
        // a segment that compaction has begun to move, the copy, and the copy's removal
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["00000001.seg"] = await SegmentAsync(StoreUnderTest.Batch([1, 2])),
            ["00000002.seg"] = await SegmentAsync(StoreUnderTest.Batch([1])),
            ["00000003.seg"] = await SegmentAsync(StoreUnderTest.Batch([], 1)),
        };
        var disk = MemoryDisk.With(files);
        for (var start = 0; start < 3; start++)
        {
            var (store, _) = await StoreUnderTest.OpenAsync(disk);
            await using (store) Assert.That(await StoreUnderTest.ReadAsync(store), Is.EqualTo(new long[] { 2 }));
        }

        static async Task<byte[]> SegmentAsync(RecordBatch batch)
        {
            var disk = new MemoryDisk();
            var (store, _) = await StoreUnderTest.OpenAsync(disk);
            await using (store) await store.CommitAsync(batch);
            return disk.Files[disk.List()[0]];
        }
    }

    [Test]
    public async Task Open_RealFolderTwice_IsRefusedAndSaysWhoHoldsIt()
    {
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var (store, _) = await StoreUnderTest.OpenAsync(new FolderDisk(folder));
            await using (store)
            {
                await store.CommitAsync(StoreUnderTest.Batch([1]));
                Assert.That(() => StoreUnderTest.OpenAsync(new FolderDisk(folder)),
                    Throws.TypeOf<StoreException>().With.Message.Contains($"process {Environment.ProcessId}"));
            }
            var (again, report) = await StoreUnderTest.OpenAsync(new FolderDisk(folder));
            await using (again) Assert.That((report.Records, report.Damage.Count), Is.EqualTo((1, 0)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
