using Microsoft.Extensions.Logging;

namespace PluginNode.Storage;

/// <summary>A body that is to be read.</summary>
/// <param name="Record">Whose.</param>
/// <param name="SealedBytes">How long it is, as the record's sealed header says: an empty one, which is sealed as
/// nothing, could stand in the place of any other.</param>
internal readonly record struct BodyKey(RecordKey Record, int SealedBytes);

/// <summary>
/// The kernel's way to its store: draws sequences, seals, and lets removals ride on the next commit, because losing
/// one only means that something already known to be over is looked at again. Callable from any thread.
/// </summary>
internal sealed class Journal(
    IRecordStore store, RecordSealer sealer, TimeProvider time, long lastSequence, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan RemovalDelay = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private List<long> _removals = [];
    private ITimer? _timer;
    private Task _flush = Task.CompletedTask;
    private volatile bool _closed;
    private long _sequence = lastSequence;
    private long _damaged;
    private volatile bool _failing;

    /// <summary>Records found damaged since the store was opened, opening not counted.</summary>
    public long Damaged => Interlocked.Read(ref _damaged);

    public long NextSequence() => Interlocked.Increment(ref _sequence);

    /// <summary>Makes the removal durable with some later commit, half a second from now at the latest.</summary>
    public void Remove(long sequence)
    {
        lock (_lock)
        {
            _removals.Add(sequence);
            if (!_closed) _timer ??= time.CreateTimer(_ => Flush(), null, RemovalDelay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Seals and commits. Calls take effect in the order in which they are made.</summary>
    /// <exception cref="StoreException">Nothing was kept, or (a disk that failed in the middle) perhaps all of
    /// it.</exception>
    public async Task CommitAsync(IReadOnlyList<Entry> entries, IReadOnlyList<long>? removals = null)
    {
        using var records = Seal(entries);
        await CommitAsync(records, removals);
    }

    /// <summary>Commits what <see cref="Seal"/> has made; it is the caller's again, to be disposed,
    /// afterwards.</summary>
    /// <exception cref="StoreException">As above.</exception>
    public async Task CommitAsync(SealedRecords records, IReadOnlyList<long>? removals)
    {
        if (_closed) throw new StoreException("the node has stopped"); // nothing is wrong with the store
        var riding = TakeRemovals();
        var all = removals is null ? riding : [.. riding, .. removals];
        try
        {
            await store.CommitAsync(new RecordBatch(records.Records, all));
            if (_failing) LogMessages.StoreWorks(logger);
            _failing = false;
        }
        catch (Exception e)
        {
            if (!_failing) LogMessages.StoreFailed(logger, e.Message); // once, not for each commit that fails alike
            _failing = true;
            foreach (var sequence in riding) Remove(sequence);
            // What the disk kept of it is unknown: whatever it was, the next commit that succeeds takes it back.
            foreach (var record in records.Records) Remove(record.Key.Sequence);
            throw;
        }
    }

    /// <summary>Seals records, into one pooled buffer. Costs 2 to 3 µs a record and more for long bodies.</summary>
    public SealedRecords Seal(IReadOnlyList<Entry> entries) => new(sealer, entries);

    /// <summary>Reads and opens bodies; null where the record is damaged, which then lies in the store's
    /// quarantine.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?[]> ReadAsync(
        IReadOnlyList<BodyKey> keys, CancellationToken cancellation)
    {
        var bodies = await store.ReadBodiesAsync([.. keys.Select(k => k.Record.Sequence)], cancellation);
        var result = new ReadOnlyMemory<byte>?[keys.Count];
        for (var i = 0; i < result.Length; i++)
        {
            if (bodies[i].Body is { } body)
            {
                var (record, bytes) = keys[i];
                if (body.Length != bytes)
                    await QuarantineAsync(record.Sequence, "the body has another length than it had", cancellation);
                else if (sealer.TryOpenBody(record, body, out var plain)) result[i] = plain;
                else await QuarantineAsync(record.Sequence, "the body's tag does not match", cancellation);
            }
            if (result[i] is null) Interlocked.Increment(ref _damaged);
        }
        return result;
    }

    /// <summary>All records with a sound header, oldest first. The others are put into quarantine.</summary>
    public async Task<List<(RecordHeader Header, byte[] Plain)>> ReadHeadersAsync(CancellationToken cancellation)
    {
        var sound = new List<(RecordHeader, byte[])>();
        var damaged = new List<long>();
        await foreach (var header in store.ReadHeadersAsync(cancellation))
        {
            if (sealer.TryOpenHeader(header, out var plain)) sound.Add((header, plain));
            else damaged.Add(header.Key.Sequence);
        }
        foreach (var sequence in damaged) await QuarantineAsync(sequence, "the header's tag does not match", cancellation);
        Interlocked.Add(ref _damaged, damaged.Count);
        return sound;
    }

    /// <summary>For a record whose content makes no sense though its tag holds: written by a newer version,
    /// perhaps.</summary>
    public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
        store is IQuarantine quarantine ? quarantine.QuarantineAsync(sequence, reason, cancellation) : Task.CompletedTask;

    /// <summary>Gives back the space of what was removed. May run beside everything else.</summary>
    /// <exception cref="StoreException">The store failed; nothing is lost, and a later call goes on.</exception>
    public Task CompactAsync(CancellationToken cancellation) => store.CompactAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _closed = true; // from here on no flush begins
        await _flush;
        var riding = TakeRemovals();
        try
        {
            if (riding.Count > 0) await store.CommitAsync(new RecordBatch([], riding));
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    private List<long> TakeRemovals()
    {
        lock (_lock)
        {
            var taken = _removals;
            _removals = []; // also where there are none: what is handed to the store must not grow meanwhile
            _timer?.Dispose();
            _timer = null;
            return taken;
        }
    }

    private void Flush()
    {
        lock (_lock) if (!_closed) _flush = FlushAsync();
    }

    private async Task FlushAsync()
    {
        await Task.Yield(); // out of the lock
        try
        {
            await CommitAsync([]);
        }
        catch (StoreException)
        {
            // The removals are back in the list and its timer runs: they are tried again with the next commit.
        }
    }
}
