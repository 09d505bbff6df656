using PluginNode.Storage;

namespace PluginNode.Composition;

/// <summary>
/// A plugin's store as the kernel gets it. A store is disposed once, and that is its plugin's container's part, which
/// made it: what the kernel does at its end is therefore kept from it.
/// </summary>
internal class LentStore : IRecordStore
{
    private readonly IRecordStore _store;

    private LentStore(IRecordStore store) => _store = store;

    /// <summary>Lends a store with the abilities that it has.</summary>
    public static IRecordStore Of(IRecordStore store) =>
        store is IQuarantine quarantine ? new WithQuarantine(store, quarantine) : new LentStore(store);

    public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation) =>
        _store.OpenAsync(matchKeys, cancellation);

    public IAsyncEnumerable<RecordHeader> ReadHeadersAsync(CancellationToken cancellation) =>
        _store.ReadHeadersAsync(cancellation);

    public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation) => _store.ReadBodiesAsync(sequences, cancellation);

    public Task CommitAsync(RecordBatch batch) => _store.CommitAsync(batch);

    public Task CompactAsync(CancellationToken cancellation) => _store.CompactAsync(cancellation);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private sealed class WithQuarantine(IRecordStore store, IQuarantine quarantine) : LentStore(store), IQuarantine
    {
        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            quarantine.QuarantineAsync(sequence, reason, cancellation);
    }
}
