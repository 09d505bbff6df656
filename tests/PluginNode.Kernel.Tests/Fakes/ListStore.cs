using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Fakes;

/// <summary>What survives a restart of a <see cref="ListStore"/>.</summary>
internal sealed class ListMedium
{
    public SortedDictionary<long, Record> Records { get; } = [];
    public long LastSequence { get; set; }

    /// <summary>How many nodes have used it, so that none draws the ids of another.</summary>
    public int Lives { get; set; }
    public List<long> Quarantined { get; } = [];
}

/// <summary>A store in memory whose commits can be held, counted and made to fail.</summary>
internal sealed class ListStore(ListMedium medium) : IRecordStore, IQuarantine
{
    private readonly Lock _lock = new();

    public Func<RecordBatch, Task>? BeforeCommit { get; set; }
    public Action? BeforeRead { get; set; }
    public int Commits { get; private set; }
    public int Compactions { get; private set; }

    public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
    {
        matchKeys([.. medium.Records.Values.Select(r => r.KeyId).Distinct()]);
        return Task.FromResult(new StoreReport(medium.Records.Count, 0, medium.LastSequence, []));
    }

    public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var r in medium.Records.Values.ToList())
            yield return new RecordHeader(r.Key, r.KeyId, r.Header, r.Body.Length);
    }

    public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        BeforeRead?.Invoke();
        lock (_lock)
            return new([.. sequences.Select(s => new RecordBody(
                s, medium.Records.TryGetValue(s, out var r) ? r.Body : default(ReadOnlyMemory<byte>?)))]);
    }

    public async Task CommitAsync(RecordBatch batch)
    {
        if (BeforeCommit is { } before) await before(batch);
        lock (_lock)
        {
            Commits++;
            foreach (var record in batch.Appends)
            {
                // The buffers are the kernel's again when the commit has ended.
                var kept = record with { Header = record.Header.ToArray(), Body = record.Body.ToArray() };
                medium.Records.Add(record.Key.Sequence, kept);
                medium.LastSequence = Math.Max(medium.LastSequence, record.Key.Sequence);
            }
            foreach (var sequence in batch.Removals) medium.Records.Remove(sequence);
        }
    }

    public Task CompactAsync(CancellationToken cancellation)
    {
        Compactions++;
        return Task.CompletedTask;
    }

    public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation)
    {
        medium.Quarantined.Add(sequence);
        medium.Records.Remove(sequence);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
