using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Composition;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Peers;
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

    [Test]
    public async Task WhateverThePluginThrows_IsAStoreException_AndTextOnly()
    {
        var lent = LentStore.Of(new ThrowingStore());
        AsyncTestDelegate[] calls =
        [
            () => lent.OpenAsync(_ => { }, default), () => lent.CommitAsync(new RecordBatch([], [1])),
            () => lent.CompactAsync(default), async () => await lent.ReadBodiesAsync([1], default),
            async () => { await foreach (var _ in lent.ReadHeadersAsync(default)) { } },
        ];
        foreach (var call in calls)
        {
            var e = Assert.ThrowsAsync<StoreException>(call)!;
            Assert.That(e.Message, Does.Contain("InvalidOperationException: a bug of the plugin"));
            Assert.That(e.InnerException, Is.Null);
        }
        await lent.DisposeAsync();
    }

    [Test]
    public void Commit_SaysThatItWasCancelled_HasFailedLikeAnyOther()
    {
        var lent = LentStore.Of(new ThrowingStore { Thrown = new OperationCanceledException("nobody asked") });
        var e = Assert.ThrowsAsync<StoreException>(() => lent.CommitAsync(new RecordBatch([], [1])))!;
        Assert.That(e.Message, Does.Contain("nobody asked"));
    }

    [Test]
    public async Task AStoreThatThrowsSomethingElse_FailsThatSend_AndTheNextOneIsAccepted()
    {
        var store = new ThrowingStore { Works = true };
        using var identity = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
        using var other = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)2, 32)]);
        var parts = new KernelParts(
            identity, [], LentStore.Of(store), new PeerBook([new Peer("p", other.Self, [])]), TimeProvider.System,
            new SystemChance(TimeProvider.System), NullLoggerFactory.Instance);
        await using var kernel = await NodeKernel.OpenAsync(parts, new KernelOptions(), default);
        Task<SendReply> Send() => kernel.Outbox.SendAsync(
            new SendRequest { To = other.Self, Protocol = "/x", Level = "critical", Payload = new byte[1] }, default)
            .WaitAsync(TimeSpan.FromSeconds(20));
        store.Works = false;
        Assert.That((await Send()).Verdict, Is.EqualTo(SendVerdict.Unavailable));
        store.Works = true;
        Assert.That((await Send()).Verdict, Is.EqualTo(SendVerdict.Accepted));
    }

    private sealed class ThrowingStore : IRecordStore
    {
        private readonly MemoryStore _inner = new();

        public bool Works { get; set; }

        public Exception Thrown { get; init; } = new InvalidOperationException("a bug of the plugin");

        public Task<StoreReport> OpenAsync(Action<IReadOnlyCollection<KeyId>> matchKeys, CancellationToken cancellation)
        {
            Break();
            return _inner.OpenAsync(matchKeys, cancellation);
        }

        public IAsyncEnumerable<RecordHeader> ReadHeadersAsync(CancellationToken cancellation) =>
            Works ? _inner.ReadHeadersAsync(cancellation) : BrokenAsync();

        public ValueTask<IReadOnlyList<RecordBody>> ReadBodiesAsync(
            IReadOnlyList<long> sequences, CancellationToken cancellation)
        {
            Break();
            return _inner.ReadBodiesAsync(sequences, cancellation);
        }

        public async Task CommitAsync(RecordBatch batch)
        {
            await Task.Yield();
            Break();
            await _inner.CommitAsync(batch);
        }

        public Task CompactAsync(CancellationToken cancellation)
        {
            Break();
            return _inner.CompactAsync(cancellation);
        }

        public ValueTask DisposeAsync() => _inner.DisposeAsync();

        private async IAsyncEnumerable<RecordHeader> BrokenAsync()
        {
            await Task.Yield();
            Break();
            yield break;
        }

        private void Break()
        {
            if (!Works) throw Thrown;
        }
    }

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
