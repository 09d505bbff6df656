using PluginNode.Storage;

namespace PluginNode.FileStore;

// The writing side: one loop, which runs while something waits.
public sealed partial class FileRecordStore
{
    private const long GroupBytes = 8 << 20;
    private const double PrepareAt = 0.25;

    private readonly Queue<Pending> _pending = new();
    private byte[] _buffer = new byte[64 * 1024];
    private readonly List<Segment> _failed = [];
    private Segment? _active;
    private Task<Segment>? _next;
    private Task _writing = Task.CompletedTask;
    private bool _busy;
    private bool _closing;
    private bool _failing;
    private bool _deleteFails;
    private long _group;
    private int _made;

    private sealed record Pending(RecordBatch Batch, Compaction? Move, TaskCompletionSource Done)
    {
        public long Bytes { get; } = BytesOf(Batch);

        private static long BytesOf(RecordBatch batch)
        {
            var frames = (batch.Removals.Count + FrameFormat.RemovalsInFrame - 1) / FrameFormat.RemovalsInFrame;
            var bytes = (frames * (long)(FrameFormat.FixedBytes + FrameFormat.TrailerBytes)) + (8L * batch.Removals.Count);
            foreach (var record in batch.Appends) bytes += FrameFormat.BytesOf(record);
            return bytes;
        }
    }

    /// <inheritdoc/>
    public Task CommitAsync(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Appends.Count == 0 && batch.Removals.Count == 0 ? Task.CompletedTask : Enqueue(batch, move: null);
    }

    private Task Enqueue(RecordBatch batch, Compaction? move)
    {
        var pending = new Pending(
            batch, move, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (_closing) throw new StoreException("The store is closed.");
            _pending.Enqueue(pending);
            if (_busy) return pending.Done.Task;
            _busy = true;
            var loop = new TaskCompletionSource();
            _writing = loop.Task;
            _ = WriteLoopAsync(loop);
        }
        return pending.Done.Task;
    }

    private async Task WriteLoopAsync(TaskCompletionSource ended)
    {
        await Task.Yield(); // who commits goes on gathering while this writes
        while (TakeGroup() is { } group)
        {
            StoreException? failure = null;
            try
            {
                await WriteAsync(group);
            }
            catch (DiskFullException e)
            {
                failure = new StoreFullException(
                    $"The store's disk is full; nothing was kept. Free some space: commits go on by themselves. ({e.Message})", e);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                failure = new StoreException($"The store cannot be written: {e.Message}", e);
            }
            if (failure is not null && !_failing) LogMessages.CommitFailed(_logger, failure.Message); // once
            _failing = failure is not null;
            if (failure is not null && group[0].Move is { } move) move.End();
            foreach (var pending in group)
            {
                if (failure is null || pending.Move is { IsOwn: true }) pending.Done.SetResult();
                else pending.Done.SetException(failure);
            }
            // One that was prepared and passed over, being too small, is older than the active one.
            await DeleteObsoleteAsync(s => s == _active || (s.End == 0 && !(s.Number < _active?.Number)));
            GoOnCompacting(group[0].Move, worked: failure is null);
        }
        ended.SetResult();
    }

    private List<Pending>? TakeGroup()
    {
        lock (_lock)
        {
            var group = new List<Pending>();
            var bytes = 0L;
            // A move stands alone: what it moves is looked up when its turn comes, behind all that was committed.
            while (_pending.TryPeek(out var next)
                && (group.Count == 0 || (bytes + next.Bytes <= GroupBytes && next.Move is null && group[0].Move is null)))
            {
                group.Add(_pending.Dequeue());
                bytes += next.Bytes;
            }
            if (group.Count > 0) return group;
            _busy = false;
            return null;
        }
    }

    private async Task WriteAsync(List<Pending> group)
    {
        var damaged = false;
        if (group[0] is { Move: { } run } move)
        {
            (var moved, damaged) = await NextMoveAsync(run);
            if (moved.Appends.Count + moved.Removals.Count == 0) return;
            group[0] = new Pending(moved, run, move.Done);
        }
        await CutFailedAsync();
        var bytes = group.Sum(p => p.Bytes);
        if (_active is null || _active.End + bytes > _active.Size) await RollAsync(bytes);
        var segment = _active!;
        if (_buffer.Length < bytes) _buffer = new byte[Math.Max(bytes, _buffer.Length * 2L)];
        var number = _group++;
        var placed = Encode(group, segment, number);
        if (damaged) FrameFormat.SpoilBody(_buffer.AsSpan(0, (int)bytes));
        try
        {
            await segment.File.WriteAsync(segment.End, _buffer.AsMemory(0, (int)bytes), flush: true);
        }
        catch (IOException)
        {
            // What the disk kept of this write is unknown, and asking again would not tell (fsync reports an error
            // once): nothing more is put behind it.
            _failed.Add(segment);
            _active = null;
            throw;
        }
        Apply(group, placed, segment, bytes);
        if (_next is null && segment.End > segment.Size * PrepareAt) _next = NewSegmentAsync(0);
        if (_buffer.Length > GroupBytes * 2) _buffer = new byte[64 * 1024];
    }

    /// <summary>Takes back what a failed write may have left, before anything else is committed: who was told that it
    /// failed must not find it done after the next start.</summary>
    private async Task CutFailedAsync()
    {
        try
        {
            for (; _failed.Count > 0; _failed.RemoveAt(_failed.Count - 1))
            {
                var segment = _failed[^1];
                segment.File.Truncate(segment.End);
                await segment.File.WriteAsync(segment.End, default, flush: true);
            }
        }
        catch (IOException e)
        {
            LogMessages.CutFailed(_logger, e.Message); // tried again with the next commit, which itself may succeed
        }
    }

    private List<Location> Encode(List<Pending> group, Segment segment, long number)
    {
        var placed = new List<Location>();
        var at = 0;
        foreach (var (batch, _, _) in group)
        {
            var removals = batch.Removals.Chunk(FrameFormat.RemovalsInFrame).ToList();
            for (var i = 0; i < batch.Appends.Count; i++)
            {
                var record = batch.Appends[i];
                placed.Add(new Location(segment, segment.End + at, record.Header.Length, record.Body.Length));
                var last = removals.Count == 0 && i == batch.Appends.Count - 1;
                at += FrameFormat.Write(_buffer.AsSpan(at), record, number, last);
            }
            for (var i = 0; i < removals.Count; i++)
                at += FrameFormat.Write(_buffer.AsSpan(at), removals[i], number, i == removals.Count - 1);
        }
        return placed;
    }

    private void Apply(List<Pending> group, List<Location> placed, Segment segment, long bytes)
    {
        lock (_lock)
        {
            segment.End += bytes;
            var next = 0;
            foreach (var (batch, _, _) in group)
            {
                foreach (var record in batch.Appends) _index.Append(record.Key.Sequence, placed[next++]);
                foreach (var sequence in batch.Removals) _index.Remove(sequence, segment);
            }
        }
    }

    private async Task RollAsync(long atLeast)
    {
        var full = _active;
        _active = null;
        if (full is not null) full.File.Truncate(full.End);
        var next = _next;
        _next = null;
        if (next is not null)
        {
            try
            {
                var segment = await next;
                if (segment.Size >= atLeast)
                {
                    _active = segment;
                    return;
                }
            }
            catch (IOException e)
            {
                LogMessages.PrepareFailed(_logger, e.Message);
            }
        }
        _active = await NewSegmentAsync(atLeast);
    }

    /// <summary>At the end: gives back the space that was prepared for nothing.</summary>
    private async Task DiscardPreparedAsync()
    {
        _active?.File.Truncate(_active.End);
        if (_next is null) return;
        try
        {
            var prepared = await _next;
            prepared.Dispose();
            _disk.Delete(prepared.Name);
        }
        catch (IOException e)
        {
            LogMessages.PrepareFailed(_logger, e.Message);
        }
    }

    private async Task<Segment> NewSegmentAsync(long atLeast)
    {
        int number;
        lock (_lock) number = _made = Math.Max(_made + 1, _index.NextNumber);
        var segment = await _maker.MakeAsync(number, atLeast);
        lock (_lock) _index.Add(segment);
        return segment;
    }

    private async Task DeleteObsoleteAsync(Func<Segment, bool> inUse)
    {
        while (true)
        {
            List<Segment> obsolete;
            lock (_lock) obsolete = _index.Obsolete(inUse);
            if (obsolete.Count == 0) return;
            try
            {
                foreach (var segment in obsolete)
                {
                    _failed.Remove(segment);
                    segment.Dispose();
                    _disk.Delete(segment.Name);
                }
                await _disk.FlushFolderAsync();
                // Not before: as long as it may come back, what names it must stay.
                lock (_lock) _index.Forget(obsolete);
                _deleteFails = false;
            }
            catch (IOException e)
            {
                if (!_deleteFails) LogMessages.DeleteFailed(_logger, e.Message); // tried again after the next write
                _deleteFails = true;
                return;
            }
        }
    }
}
