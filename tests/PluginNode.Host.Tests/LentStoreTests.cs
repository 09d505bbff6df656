using PluginNode.Composition;
using PluginNode.Storage;

namespace PluginNode.Host.Tests;

public sealed class LentStoreTests
{
    [Test]
    public async Task Dispose_LeavesTheStoreToItsPlugin()
    {
        var store = new RecordingStore();
        await LentStore.Of(store).DisposeAsync();
        Assert.That(store.Calls, Is.Empty);
    }

    [Test]
    public async Task EveryMember_IsForwarded()
    {
        var store = new RecordingStore();
        var lent = LentStore.Of(store);
        await lent.OpenAsync(_ => { }, default);
        await foreach (var _ in lent.ReadHeadersAsync(default)) { }
        await lent.ReadBodiesAsync([], default);
        await lent.CommitAsync(new RecordBatch([], []));
        await lent.CompactAsync(default);
        await ((IQuarantine)lent).QuarantineAsync(1, "", default);
        Assert.That(store.Calls, Is.EqualTo(new[] { "open", "headers", "bodies", "commit", "compact", "quarantine" }));
    }

    [Test]
    public void Ability_ThatTheStoreLacks_IsNotPretended() =>
        Assert.That(LentStore.Of(new MemoryStore()), Is.Not.InstanceOf<IQuarantine>());

    private sealed class RecordingStore : IRecordStore, IQuarantine
    {
        private readonly MemoryStore _inner = new();

        public List<string> Calls { get; } = [];

        public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
        {
            Calls.Add("open");
            return _inner.OpenAsync(matchKeys, cancellation);
        }

        public IAsyncEnumerable<RecordHeader> ReadHeadersAsync(CancellationToken cancellation)
        {
            Calls.Add("headers");
            return _inner.ReadHeadersAsync(cancellation);
        }

        public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(IReadOnlyList<long> sequences, CancellationToken cancellation)
        {
            Calls.Add("bodies");
            return _inner.ReadBodiesAsync(sequences, cancellation);
        }

        public Task CommitAsync(RecordBatch batch)
        {
            Calls.Add("commit");
            return _inner.CommitAsync(batch);
        }

        public Task CompactAsync(CancellationToken cancellation)
        {
            Calls.Add("compact");
            return _inner.CompactAsync(cancellation);
        }

        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation)
        {
            Calls.Add("quarantine");
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            Calls.Add("dispose");
            return ValueTask.CompletedTask;
        }
    }
}
