using PluginNode.Storage;

namespace PluginNode.FileStore;

// Giving space back. Moves are made by the write loop, which alone changes the index: between looking a record up and
// writing its copy nothing can remove it.
public sealed partial class FileRecordStore
{
    private static readonly RecordBatch Nothing = new([], []);

    private Compaction? _own;
    private int _madeAtOwn;

    /// <inheritdoc/>
    public async Task CompactAsync(CancellationToken cancellation)
    {
        Compaction run;
        lock (_lock) run = NewCompaction(isOwn: false);
        while (!run.IsOver)
        {
            cancellation.ThrowIfCancellationRequested();
            await Enqueue(Nothing, run);
        }
    }

    private Compaction NewCompaction(bool isOwn) => new(_index, _maker.UsualBytes, _index.NextNumber - 1, isOwn);

    /// <summary>
    /// After each write: where there is too much garbage, the next step of giving it back is put behind what waits. So
    /// garbage cannot grow faster than it is given back, however short the node lives and whoever asks. What one pass
    /// could not free is tried again only after another segment was begun.
    /// </summary>
    private void GoOnCompacting(Compaction? done, bool worked)
    {
        lock (_lock)
        {
            if (_own is { IsOver: true })
            {
                _own = null;
                _madeAtOwn = _made;
            }
            var begins = worked && _own is null && _made > _madeAtOwn && Compaction.IsDue(_index, _maker.UsualBytes);
            if (_closing || (!begins && (done is null || done != _own))) return;
            _own ??= NewCompaction(isOwn: true);
            _pending.Enqueue(new Pending(Nothing, _own, new TaskCompletionSource()));
        }
    }

    /// <summary>What is to be written next, about 1 MiB at most, and whether it is one record that is to stay
    /// damaged.</summary>
    private async Task<(RecordBatch Batch, bool Damaged)> NextMoveAsync(Compaction run)
    {
        var batch = new List<Record>();
        var most = Math.Min(1 << 20, _maker.UsualBytes / 4);
        for (var bytes = 0L; bytes < most;)
        {
            Location at;
            long sequence;
            lock (_lock)
            {
                // One segment at a time: its records must have gone before the next one is judged.
                if (run.Peek(_active, mayGoOn: batch.Count == 0) is not { } next) break;
                sequence = next;
                _index.TryFind(sequence, out at);
            }
            if (ReadFrame(run, at) is not { } frame) continue;
            if (!FrameFormat.HeaderHolds(frame.Span[..(FrameFormat.FixedBytes + at.HeaderBytes)]))
            {
                // Whose it was cannot be told any more: a copy could take another record's place.
                if (batch.Count > 0) break;
                run.Take();
                await _quarantine.CopyAsync(at.Segment, at.Offset, at.FrameBytes, SegmentScan.BadChecksum);
                return (new RecordBatch([], [sequence]), false);
            }
            var body = frame.Slice(FrameFormat.FixedBytes + at.HeaderBytes, at.BodyBytes);
            var sound = FrameFormat.BodyHolds(body.Span, frame.Span[^FrameFormat.TrailerBytes..]);
            // Damage is moved as it is, for who reads it to find and to report. It is written alone: an opening that
            // takes it for a torn write drops no other with it.
            if (!sound && batch.Count > 0) break;
            FrameFormat.TryRead(frame.Span, out var head);
            batch.Add(new Record(
                head.Key, head.KeyId, frame.Slice(FrameFormat.FixedBytes, at.HeaderBytes), body));
            run.Take();
            if (!sound) return (new RecordBatch(batch, []), true);
            bytes += at.FrameBytes;
        }
        return (new RecordBatch(batch, []), false);
    }

    /// <summary>Null where the disk cannot read it just now; its segment stays then.</summary>
    private ReadOnlyMemory<byte>? ReadFrame(Compaction run, in Location at)
    {
        var frame = new byte[at.FrameBytes];
        try
        {
            for (var done = 0; done < frame.Length;)
            {
                var read = at.Segment.File.Read(at.Offset + done, frame.AsSpan(done));
                if (read == 0) throw new IOException("it is shorter than it was");
                done += read;
            }
            return frame;
        }
        catch (IOException e)
        {
            LogMessages.MoveFailed(_logger, at.Segment.Name, e.Message);
            run.Skip();
            return null;
        }
    }
}
