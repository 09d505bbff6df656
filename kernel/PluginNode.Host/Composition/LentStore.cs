using System.Runtime.CompilerServices;
using PluginNode.Plugins;
using PluginNode.Storage;

namespace PluginNode.Composition;

/// <summary>
/// A plugin's store as the kernel gets it. A store is disposed once, and that is its plugin's container's part, which
/// made it: what the kernel does at its end is therefore kept from it. And it is the border: whatever the plugin throws
/// comes out as the <see cref="StoreException"/> that the kernel knows how to live with.
/// </summary>
internal class LentStore : IRecordStore
{
    private readonly IRecordStore _store;

    private LentStore(IRecordStore store) => _store = store;

    /// <summary>Lends a store with the abilities that it has.</summary>
    public static IRecordStore Of(IRecordStore store) =>
        store is IQuarantine quarantine ? new WithQuarantine(store, quarantine) : new LentStore(store);

    public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation) =>
        GuardAsync(() => _store.OpenAsync(matchKeys, cancellation));

    public async IAsyncEnumerable<RecordHeader> ReadHeadersAsync(
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var headers = _store.ReadHeadersAsync(cancellation).GetAsyncEnumerator(cancellation);
        while (await GuardAsync(() => headers.MoveNextAsync().AsTask())) yield return headers.Current;
    }

    public async ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
        IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        var bodies = await GuardAsync(() => _store.ReadBodiesAsync(sequences, cancellation).AsTask());
        return bodies.Count == sequences.Count
            ? bodies
            : throw new StoreException(
                $"The store answered {bodies.Count} bodies to {sequences.Count} that were asked for.");
    }

    // Nobody can cancel it: where it says so all the same, it has failed like any other.
    public async Task CommitAsync(RecordBatch batch)
    {
        try
        {
            await GuardAsync(() => _store.CommitAsync(batch));
        }
        catch (OperationCanceledException e)
        {
            throw Faulted(e);
        }
    }

    public Task CompactAsync(CancellationToken cancellation) => GuardAsync(() => _store.CompactAsync(cancellation));

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private sealed class WithQuarantine(IRecordStore store, IQuarantine quarantine) : LentStore(store), IQuarantine
    {
        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            GuardAsync(() => quarantine.QuarantineAsync(sequence, reason, cancellation));
    }

    private static async Task GuardAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (!IsKnown(e))
        {
            throw Faulted(e);
        }
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (!IsKnown(e))
        {
            throw Faulted(e);
        }
    }

    // A kind of StoreException that the plugin has made itself is its own like any other.
    private static bool IsKnown(Exception e) =>
        e is OperationCanceledException or StoreFullException or WrongKeyException
        || e.GetType() == typeof(StoreException);

    // Text only: the object may be of the plugin's own type, and would keep it loaded.
    private static StoreException Faulted(Exception e) =>
        new($"The store's plugin failed: {FaultText.Of(e)}");
}
