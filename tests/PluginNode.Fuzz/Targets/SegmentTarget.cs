using PluginNode.Conformance;
using System.Text;
using PluginNode.FileStore;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Storage;

namespace PluginNode.Fuzz.Targets;

/// <summary>
/// A store whose files were changed. It opens, and what of it unseals is what was stored; the next opening finds the
/// same, and the one after it no damage any more. Where it differs from a sample in one byte, at most one record is
/// missing, and not without a report. Input: parts, each a segment.
/// </summary>
internal sealed class SegmentTarget : FuzzTarget
{
    // the reader's window, and what it must hold of one frame
    private const int Fixed = 1 << 20;

    private readonly RecordSealer _sealer = StoredRecords.NewSealer();
    private readonly List<(byte[] Bytes, Dictionary<long, string> Records)> _samples = [];
    private readonly HashSet<string> _stored = new(StringComparer.Ordinal);

    public SegmentTarget()
    {
        foreach (var sample in Samples())
        {
            var (records, _, _) = OneThread.Run(() => OpenAsync(DiskOf(sample.Bytes)));
            _samples.Add((sample.Bytes, records));
            foreach (var record in records.Values) _stored.Add(record);
        }
        // also those that a sample's removals name: a removal may be what is damaged
        for (var sequence = 1; sequence <= 9; sequence++)
            _stored.Add(Text(KeyOf(sequence), HeaderOf(sequence), BodyOf(sequence)));
    }

    public override string Name => "segment";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        PartEdits.With([.. ByteEdits.All, .. SegmentEdits.All, .. SegmentEdits.All]);

    public override IEnumerable<Sample> Samples()
    {
        yield return Store("one", new RecordBatch([Record(1)], []));
        yield return Store(
            "batches", new RecordBatch([Record(1), Record(2), Record(3)], []),
                new RecordBatch([Record(4), Record(5)], []));
        yield return Store(
            "removals", new RecordBatch([Record(1), Record(2)], []), new RecordBatch([Record(3)], [1]),
            new RecordBatch([Record(4)], []), new RecordBatch([], [2, 3]), new RecordBatch([Record(5), Record(6)], []));
        yield return Store(
            "large", new RecordBatch([Record(7)], []), new RecordBatch([Record(8)], []),
                new RecordBatch([Record(9)], []));
    }

    public override Verdict Check(byte[] input)
    {
        foreach (var part in Parts.Split(input))
        {
            var disk = DiskOf(Parts.Join([part]));
            if (part.Length > 0)
                Measure.Bounded(Fixed + (16L * part.Length), () =>
                    SegmentScan.Read(disk.Open(disk.List()[0], false), true));
        }
        return OneThread.Run(() => CheckAsync(input));
    }

    private async Task<Verdict> CheckAsync(byte[] input)
    {
        var disk = DiskOf(input);
        var (records, report, lost) = await OpenAsync(disk);
        foreach (var (sequence, record) in records)
            Holds.That(_stored.Contains(record),
                $"record {sequence} is returned, and was never stored so: {record[..Math.Min(record.Length, 300)]}");
        OneByteTakesOneRecord(input, records, report.Damage.Count + lost);
        var (again, _, lostAgain) = await OpenAsync(disk);
        Holds.That(
            records.OrderBy(r => r.Key).SequenceEqual(again.OrderBy(r => r.Key)),
            $"the next opening finds {again.Count} records and not {records.Count}");
        // Where a torn write was cut off, the one before it is now its segment's last, and looked at more closely: what
        // is damaged there may be told only now, a record that nobody reads any more. After that all is mended.
        Holds.That(lostAgain == 0, $"{lostAgain} records are lost again; before: {Told(report)}, {lost} lost");
        var (_, third, _) = await OpenAsync(disk);
        Holds.That(third.Damage.Count == 0, $"damage is never mended: {Told(third)}");
        return new Verdict(
            report.Damage.Count + lost == 0, string.Join(',', report.Damage.Select(d => d.What))
                + $" {records.Count} {lost}");
    }

    private void OneByteTakesOneRecord(byte[] input, Dictionary<long, string> records, int reported)
    {
        foreach (var (bytes, stored) in _samples)
        {
            if (bytes.Length != input.Length || bytes.Zip(input).Count(p => p.First != p.Second) != 1) continue;
            if (Parts.Split(bytes).Count != Parts.Split(input).Count) continue;
            if (!Parts.Split(bytes).Zip(Parts.Split(input)).All(p => p.First.Length == p.Second.Length)) continue;
            var missing = stored.Keys.Count(s => !records.ContainsKey(s));
            Holds.That(missing <= 1, $"one byte took {missing} records");
            Holds.That(missing == 0 || reported > 0, "a record is missing and nothing says so");
        }
    }

    private static string Told(StoreReport report) =>
        string.Join(", ", report.Damage.Select(d => $"{d.What} at {d.Where}, {d.Bytes} bytes"));

    /// <summary>What can be unsealed, what opening reported, and how many records could not be read.</summary>
    private async Task<(Dictionary<long, string> Records, StoreReport Report, int Lost)> OpenAsync(MemoryDisk disk)
    {
        await using var store = KernelWorld.StoreOn(disk);
        var report = await store.OpenAsync(_ => { }, CancellationToken.None);
        var headers = new List<RecordHeader>();
        await foreach (var header in store.ReadHeadersAsync(CancellationToken.None)) headers.Add(header);
        var bodies = await store.ReadBodiesAsync([.. headers.Select(h => h.Key.Sequence)], CancellationToken.None);
        var (records, lost) = (new Dictionary<long, string>(), 0);
        foreach (var (header, body) in headers.Zip(bodies))
        {
            if (body.Body is { } sealedBody && _sealer.TryOpenHeader(header, out var plain)
                && _sealer.TryOpenBody(header.Key, sealedBody, out var plainBody))
            {
                records[header.Key.Sequence] = Text(header.Key, plain, plainBody);
                continue;
            }
            lost++;
            // as the kernel does with what its tag condemns
            await store.QuarantineAsync(header.Key.Sequence, "the tag does not match", CancellationToken.None);
        }
        return (records, report, lost);
    }

    private Record Record(long sequence) =>
        StoredRecords.Seal(_sealer, KeyOf(sequence), HeaderOf(sequence), BodyOf(sequence));

    private static RecordKey KeyOf(long sequence) =>
        new((byte)(1 + (sequence % 4)), new Guid((int)sequence, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), sequence);

    private static byte[] HeaderOf(long sequence) => Encoding.ASCII.GetBytes($"header {sequence}");

    private static byte[] BodyOf(long sequence) =>
        [.. Enumerable.Repeat((byte)sequence, sequence % 5 == 0 ? 0 : sequence > 6 ? 700 : 20)];

    private static Sample Store(string name, params RecordBatch[] batches)
    {
        var disk = OneThread.Run(async () =>
        {
            var disk = new MemoryDisk();
            await using var store = KernelWorld.StoreOn(disk);
            await store.OpenAsync(_ => { }, CancellationToken.None);
            foreach (var batch in batches) await store.CommitAsync(batch);
            return disk;
        });
        return new Sample(name, Parts.Join(disk.List().Select(n => disk.Files[n])));
    }

    private static MemoryDisk DiskOf(byte[] input)
    {
        var disk = new MemoryDisk();
        foreach (var (index, part) in Parts.Split(input).Index()) disk.Put($"{index + 1:D8}.seg", part);
        return disk;
    }

    private static string Text(RecordKey key, byte[] header, byte[] body) =>
        $"{key} {Convert.ToHexString(header)} {Convert.ToHexString(body)}";
}
