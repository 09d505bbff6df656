using NUnit.Framework;
using PluginNode.Storage;

namespace PluginNode.Conformance;

/// <summary>What a store does when its medium fails, as far as a test can make it fail.</summary>
public abstract partial class RecordStoreConformance
{
    /// <summary>Makes the medium of the running test full, or gives its space back. False, the default: it cannot be
    /// done.</summary>
    /// <param name="store">The store that is open on it.</param>
    /// <param name="full">Whether it is full from now on.</param>
    protected virtual bool SetFull(IRecordStore store, bool full) => false;

    /// <summary>A store on the medium of the running test that crashes at that step, whatever its steps are, and from
    /// then on fails with <see cref="StoreException"/>. Null, the default: there is none. <see cref="Create"/> then
    /// finds the medium as the crash left it.</summary>
    /// <param name="step">From 1; a step that is never reached is no crash.</param>
    protected virtual IRecordStore? CreateCrashing(int step) => null;

    /// <summary>A full medium is told as such, costs nothing that was there, and is over when there is space.</summary>
    [Test]
    public async Task Commit_MediumIsFull_SaysSoAndGoesOnLater()
    {
        var store = await OpenAsync();
        await using (store)
        {
            await store.CommitAsync(Batch([1]));
            if (!SetFull(store, full: true)) Assert.Ignore("The medium of these tests cannot be made full.");
            // more than any store has prepared space for
            var large = new Record(KeyOf(2), Key, HeaderOf(2), new byte[RecordLimits.BodyBytes]);
            Assert.That(() => store.CommitAsync(new RecordBatch([large], [])), Throws.TypeOf<StoreFullException>());
            var body = (await store.ReadBodiesAsync([1], CancellationToken.None))[0].Body;
            Assert.That(body?.ToArray(), Is.EqualTo(BodyOf(1)));
            SetFull(store, full: false);
            await store.CommitAsync(Batch([3]));
        }
        await using var again = await OpenAsync();
        Assert.That(await ReadAsync(again), Is.EqualTo(new long[] { 1, 3 }));
    }

    /// <summary>Wherever it crashes: what was committed is there, and of what was being committed all or
    /// nothing.</summary>
    [Test]
    public async Task Crash_AtEachStep_KeepsWhatWasCommittedAndNoPartOfABatch()
    {
        const int mostSteps = 10_000;
        for (var step = 1; step <= mostSteps; step++)
        {
            ReleaseMedium();
            PrepareMedium();
            if (CreateCrashing(step) is not { } store)
            {
                Assert.Ignore("No store can be made to crash on the medium of these tests.");
                return;
            }
            var (done, crashed) = await WorkAsync(store);
            await using var again = await OpenAsync();
            Assert.That(await ReadAsync(again), Is.EqualTo(After(done)).Or.EqualTo(After(done + 1)), $"step {step}");
            if (!crashed) return;
        }
        Assert.Fail($"It still crashes at step {mostSteps}.");
    }

    // Each commit appends two records, and removes one of those before it.
    private static async Task<(int Done, bool Crashed)> WorkAsync(IRecordStore store)
    {
        var done = 0;
        try
        {
            await store.OpenAsync(_ => { }, CancellationToken.None);
            for (; done < 12; done++)
                await store.CommitAsync(
                    Batch([(2 * done) + 1, (2 * done) + 2], done == 0 ? [] : [(2 * done) - 1]));
            await store.DisposeAsync();
            return (done, false);
        }
        catch (StoreException)
        {
            await EndAsync(store);
            return (done, true);
        }
    }

    private static async Task EndAsync(IRecordStore store)
    {
        try
        {
            await store.DisposeAsync();
        }
        catch (Exception)
        {
            // It crashed: nobody expects it to close well.
        }
    }

    // what is there after so many commits of the work
    private static List<long> After(int commits) =>
        [.. Enumerable.Range(1, 2 * commits).Select(s => (long)s).Where(s => s % 2 == 0 || s == (2 * commits) - 1)];
}
