using PluginNode.Conformance.Fakes;
using PluginNode.Storage;

namespace PluginNode.Conformance.Tests;

/// <summary>Without a fault it is the store behind it, and keeps its laws; with one it fails as the contract
/// says.</summary>
[TestFixture]
public sealed class FaultyStoreTests : RecordStoreConformance
{
    private MemoryMedium _medium = null!;

    [Test]
    public async Task Full_CommitsFailUntilThereIsSpace()
    {
        await using var store = await OpenAsync();
        store.Full = true;
        Assert.That(() => store.CommitAsync(Batch(1)), Throws.TypeOf<StoreFullException>());
        store.Full = false;
        await store.CommitAsync(Batch(2));
        Assert.That(Kept(), Is.EqualTo(new long[] { 2 }));
    }

    [TestCase(false, new long[] { 3 })]
    [TestCase(true, new long[] { 1, 2, 3 })]
    public async Task FailingCommits_FailAndAreKeptWholeOrNotAtAll(bool keeps, long[] kept)
    {
        await using var store = await OpenAsync();
        (store.FailingCommits, store.KeepsWhatFails) = (1, keeps);
        Assert.That(() => store.CommitAsync(Batch(1, 2)), Throws.TypeOf<StoreException>());
        await store.CommitAsync(Batch(3));
        Assert.That(Kept(), Is.EqualTo(kept));
    }

    [Test]
    public async Task FailingReads_FailThatOften()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(Batch(1));
        store.FailingReads = 2;
        Assert.That(async () => await store.ReadBodiesAsync([1], default), Throws.TypeOf<StoreException>());
        Assert.That(() => HeadersAsync(store), Throws.TypeOf<StoreException>());
        Assert.That((await store.ReadBodiesAsync([1], default))[0].Body, Is.Not.Null);
        Assert.That(await HeadersAsync(store), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task CrashAtStep_AtEachStep_NothingAfterItIsDone([Values] bool keeps)
    {
        var steps = await WorkAsync(crashAt: 0);
        Assert.That(steps, Is.EqualTo(5));
        for (var step = 1; step <= steps; step++)
        {
            _medium = new MemoryMedium();
            var at = step;
            Assert.That(() => WorkAsync(at, keeps), Throws.TypeOf<SimulatedCrashException>());
            // open, headers, commit, commit, commit
            Assert.That(Kept(), Has.Count.EqualTo(Math.Max(0, step - 3 + (keeps && step > 2 ? 1 : 0))), $"step {step}");
        }
    }

    [Test]
    public void Over_EachAbility_IsForwardedAndNoneInvented()
    {
        foreach (var inner in new PassingStore[]
        {
            new(_medium), new QuarantineStore(_medium), new CheckStore(_medium), new AbleStore(_medium),
        })
        {
            var store = FaultyStore.Over(inner);
            Assert.That(store is IQuarantine, Is.EqualTo(inner is IQuarantine), inner.GetType().Name);
            Assert.That(store is IStoreCheck, Is.EqualTo(inner is IStoreCheck), inner.GetType().Name);
        }
    }

    [Test]
    public void Over_KnowsEveryAbilityThatThereIs() => Assert.That(
        typeof(IRecordStore).Assembly.GetExportedTypes()
            .Where(t => t.IsInterface && t.Namespace == typeof(IRecordStore).Namespace && t != typeof(IRecordStore)),
        Is.EquivalentTo(new[] { typeof(IQuarantine), typeof(IStoreCheck) }));

    [TestCase(typeof(QuarantineStore))]
    [TestCase(typeof(AbleStore))]
    public async Task Quarantine_IsForwardedAndFails(Type inner)
    {
        var faulty = Over(inner);
        var quarantine = (IQuarantine)faulty;
        faulty.FailingCommits = 1;
        Assert.That(() => quarantine.QuarantineAsync(1, "bad", default), Throws.TypeOf<StoreException>());
        await faulty.CommitAsync(Batch(1));
        await quarantine.QuarantineAsync(1, "bad", default);
        Assert.That(_medium.Quarantined, Is.EqualTo(new long[] { 1 }));
    }

    [TestCase(typeof(CheckStore))]
    [TestCase(typeof(AbleStore))]
    public async Task Check_IsForwardedAndFails(Type inner)
    {
        var faulty = Over(inner);
        var check = (IStoreCheck)faulty;
        faulty.FailingReads = 1;
        Assert.That(() => check.CheckAsync(null, default), Throws.TypeOf<StoreException>());
        Assert.That((await check.CheckAsync(null, default)).Records, Is.EqualTo(77));
    }

    protected override void PrepareMedium() => _medium = new MemoryMedium();

    protected override IRecordStore Create() => FaultyStore.Over(new MemoryRecordStore(_medium));

    protected override bool SetFull(IRecordStore store, bool full)
    {
        ((FaultyStore)store).Full = full;
        return true;
    }

    // what a crash interrupts is kept at every other step
    protected override IRecordStore CreateCrashing(int step)
    {
        var store = (FaultyStore)Create();
        (store.CrashAtStep, store.KeepsWhatFails) = (step, step % 2 == 0);
        return store;
    }

    private FaultyStore Over(Type inner) =>
        FaultyStore.Over((IRecordStore)Activator.CreateInstance(inner, _medium)!);

    private async Task<FaultyStore> OpenAsync()
    {
        var store = (FaultyStore)Create();
        await store.OpenAsync(_ => { }, default);
        return store;
    }

    private async Task<int> WorkAsync(int crashAt, bool keeps = false)
    {
        await using var store = (FaultyStore)Create();
        (store.CrashAtStep, store.KeepsWhatFails) = (crashAt, keeps);
        await store.OpenAsync(_ => { }, default);
        await HeadersAsync(store);
        for (var i = 1; i <= 3; i++)
        {
            try
            {
                await store.CommitAsync(Batch(i));
            }
            catch (SimulatedCrashException)
            {
                // what comes after a crash must fail, and do nothing, whatever the caller tries
                Assert.That(() => store.CommitAsync(Batch(9)), Throws.TypeOf<SimulatedCrashException>());
                throw;
            }
        }
        return store.Steps;
    }

    private static RecordBatch Batch(params long[] sequences) => new([.. sequences.Select(Some)], []);

    private static Record Some(long sequence) =>
        new(new RecordKey(1, Guid.NewGuid(), sequence), new KeyId(1), new byte[3], new byte[9]);

    private static async Task<List<RecordHeader>> HeadersAsync(FaultyStore store)
    {
        var headers = new List<RecordHeader>();
        await foreach (var header in store.ReadHeadersAsync(default)) headers.Add(header);
        return headers;
    }

    // what opening the medium again finds
    private List<long> Kept()
    {
        var headers = new MemoryRecordStore(_medium).ReadHeadersAsync(default).ToBlockingEnumerable();
        return [.. headers.Select(h => h.Key.Sequence)];
    }

    private sealed class QuarantineStore(MemoryMedium medium) : PassingStore(medium), IQuarantine
    {
        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            Inner.QuarantineAsync(sequence, reason, cancellation);
    }

    private class CheckStore(MemoryMedium medium) : PassingStore(medium), IStoreCheck
    {
        public Task<StoreReport> CheckAsync(
            IProgress<(long Read, long Total)>? progress, CancellationToken cancellation) =>
            Task.FromResult(new StoreReport(77, 0, 0, []));
    }

    private sealed class AbleStore(MemoryMedium medium) : CheckStore(medium), IQuarantine
    {
        public Task QuarantineAsync(long sequence, string reason, CancellationToken cancellation) =>
            Inner.QuarantineAsync(sequence, reason, cancellation);
    }
}
