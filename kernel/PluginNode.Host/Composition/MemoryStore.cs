using System.Runtime.CompilerServices;
using PluginNode.Storage;

namespace PluginNode.Composition;

/// <summary>A store that keeps nothing beyond the process, for <c>store: "memory"</c>: trying out, and tests.</summary>
internal sealed class MemoryStore : IRecordStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Record> _records = [];

    public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
    {
        matchKeys([]);
        return Task.FromResult(new StoreReport(0, 0, 0, []));
    }

    public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        Record[] all;
        lock (_gate) all = [.. _records.Values];
        await Task.CompletedTask;
        foreach (var record in all)
            yield return new RecordHeader(record.Key, record.KeyId, record.Header, record.Body.Length);
    }

    public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        lock (_gate)
            return ValueTask.FromResult<IReadOnlyList<RecordBody>>([.. sequences.Select(Body)]);
    }

    public Task CommitAsync(RecordBatch batch)
    {
        lock (_gate)
        {
            foreach (var record in batch.Appends)
                _records.Add(record.Key.Sequence, record with { Header = record.Header.ToArray(), Body = record.Body.ToArray() });
            foreach (var sequence in batch.Removals) _records.Remove(sequence);
        }
        return Task.CompletedTask;
    }

    public Task CompactAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private RecordBody Body(long sequence) => _records.TryGetValue(sequence, out var record)
        ? new RecordBody(sequence, record.Body.ToArray())
        : new RecordBody(sequence, null);
}
