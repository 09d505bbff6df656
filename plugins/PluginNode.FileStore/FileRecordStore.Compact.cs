using PluginNode.Storage;

namespace PluginNode.FileStore;

// Giving space back.
public sealed partial class FileRecordStore
{
    private const double Sparse = 0.5;
    private const long MoveBytes = 1 << 20;

    /// <inheritdoc/>
    public async Task CompactAsync(CancellationToken cancellation)
    {
        List<Segment> sparse;
        lock (_lock)
            sparse = [.. _index.Segments.Where(s => s != _active && s.Live > 0 && s.LiveBytes < s.End * Sparse)];
        foreach (var segment in sparse)
        {
            List<long> sequences;
            lock (_lock) sequences = [.. _index.In(segment)];
            var batch = new List<Record>();
            var bytes = 0L;
            foreach (var sequence in sequences)
            {
                cancellation.ThrowIfCancellationRequested();
                if (ReadWhole(sequence, segment) is not { } record) continue;
                batch.Add(record);
                bytes += FrameFormat.BytesOf(record);
                if (bytes < MoveBytes) continue;
                await MoveAsync(batch);
                (batch, bytes) = ([], 0);
            }
            if (batch.Count > 0) await MoveAsync(batch);
        }
    }

    private Task MoveAsync(List<Record> records) => Enqueue(new RecordBatch(records, []), isMove: true);

    /// <summary>A record as it stands; null where it is damaged (reading it finds that) or no longer in this
    /// segment.</summary>
    private Record? ReadWhole(long sequence, Segment segment)
    {
        Location at;
        lock (_lock)
            if (!_index.TryFind(sequence, out at) || at.Segment != segment) return null;
        RecordHeader header;
        try
        {
            header = ReadHeader(new WindowedReader(segment.File), at);
        }
        catch (ObjectDisposedException)
        {
            return null; // removed, and its segment deleted, since it was looked up
        }
        return ReadBody(sequence) is { Found: true, Body: { } body }
            ? new Record(header.Key, header.KeyId, header.Sealed, body) : null;
    }
}
