using System.Runtime.CompilerServices;
using PluginNode.Storage;

namespace PluginNode.Conformance.Fakes;

/// <summary>What outlives a <see cref="MemoryRecordStore"/>, as a disk does.</summary>
public sealed class MemoryMedium
{
    internal SortedDictionary<long, Record> Records { get; } = [];

    internal long LastSequence { get; set; }

    /// <summary>Records that were put into quarantine.</summary>
    public IList<long> Quarantined { get; } = [];
}

/// <summary>The reference of a record store, in memory: what every other one must do too.</summary>
/// <param name="medium">What it opens.</param>
public sealed class MemoryRecordStore(MemoryMedium medium) : IRecordStore, IQuarantine
{
    private readonly Lock _lock = new();

    /// <inheritdoc/>
    public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(matchKeys);
        try
        {
            matchKeys([.. medium.Records.Values.Select(r => r.KeyId).Distinct()]);
        }
        catch (Exception e)
        {
            return Task.FromException<StoreReport>(e);
        }
        return Task.FromResult(new StoreReport(medium.Records.Count, 0, medium.LastSequence, []));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        foreach (var r in medium.Records.Values.ToList())
            yield return new RecordHeader(r.Key, r.KeyId, r.Header, r.Body.Length);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        lock (_lock)
            return new([.. sequences.Select(s => new RecordBody(
                s, medium.Records.TryGetValue(s, out var r) ? r.Body : default(ReadOnlyMemory<byte>?)))]);
    }

    /// <inheritdoc/>
    public Task CommitAsync(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        lock (_lock)
        {
            foreach (var r in batch.Appends)
            {
                medium.Records.Add(r.Key.Sequence, r with { Header = r.Header.ToArray(), Body = r.Body.ToArray() });
                medium.LastSequence = Math.Max(medium.LastSequence, r.Key.Sequence);
            }
            foreach (var sequence in batch.Removals) medium.Records.Remove(sequence);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CompactAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation)
    {
        lock (_lock)
            if (medium.Records.Remove(sequence)) medium.Quarantined.Add(sequence);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
