using PluginNode.Events;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>When projections are called, and what becomes of the others where one is broken.</summary>
[TestFixture]
public sealed class ProjectionTests : RecoveryFixture
{
    [Test]
    public void OnceAtTheBeginning_OnceAfterARecovery_AndFiveSecondsAfterMerges()
    {
        var go = new TaskCompletionSource();
        var projection = new Counting(Stage);
        var node = Node();
        node.Merge(RecoveryNode.Told(2, 2));
        node.Kernel.Attach(projection, "plugin");
        node.Attach(Script("a", async (session, token) =>
        {
            session.Called(new NeighbourCall(session.Plan.Neighbours[0], null, 1));
            for (var day = 1; day <= 10; day++)
            {
                await session.MergeAsync(session.Plan.Neighbours[0], SomeJson(2, 3, -day), token);
                await Task.Delay(Seconds(6), Stage.Time, token);
            }
            await go.Task;
            return new SyncReport(SyncOutcome.Complete);
        })).Begin();
        Assert.That(projection.Counts, Is.EqualTo(new[] { 2 }));
        Stage.Advance(Seconds(70));
        Assert.That(projection.Counts, Is.EqualTo(new[] { 2 }), "a strategy is at work: one call at its end");
        go.SetResult();
        Stage.Settle();
        Assert.That(projection.Counts, Is.EqualTo(new[] { 2, 32 }));
        var merged = Stage.Now;
        node.Record("one");
        Stage.Advance(Seconds(3));
        node.Record("two");
        Stage.Advance(Seconds(60));
        Assert.That(projection.Counts, Is.EqualTo(new[] { 2, 32, 34 }), "several merges together");
        Assert.That(projection.Times[2] - merged, Is.EqualTo(Seconds(5)));
    }

    [Test]
    public void WithoutAStrategy_TheyAreCalledAllTheSame()
    {
        var projection = new Counting(Stage);
        var node = Node();
        node.Kernel.Attach(projection, "plugin");
        node.Begin();
        Assert.That(projection.Counts, Is.EqualTo(new[] { 0 }));
        node.Record("one");
        Stage.Advance(Seconds(5));
        Assert.That(projection.Counts, Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void OneThatThrows_IsReported_AndTheOthersAreCalled_AndItAgain()
    {
        var (broken, sound) = (new Counting(Stage) { Throws = true }, new Counting(Stage));
        var node = Node();
        node.Kernel.Attach(broken, "broken");
        node.Kernel.Attach(sound, "sound");
        node.Begin();
        node.Record("one");
        Stage.Advance(Seconds(5));
        Assert.That((broken.Counts.Count, sound.Counts.Count), Is.EqualTo((2, 2)));
        Assert.That(node.Faults.Select(f => f.Owner), Is.EqualTo(new[] { "broken", "broken" }));
        Assert.That(node.Faults[0].What, Does.Contain("no such column"));
    }

    [Test]
    public void OneThatHangs_IsCancelledAfterTwoMinutes_AndTheOthersAreCalled()
    {
        var (hanging, sound) = (new Counting(Stage) { Hangs = true }, new Counting(Stage));
        var node = Node();
        node.Kernel.Attach(hanging, "hanging");
        node.Kernel.Attach(sound, "sound");
        node.Begin();
        Stage.Advance(Seconds(119));
        Assert.That(sound.Counts, Is.Empty, "one call at a time");
        Stage.Advance(Seconds(2));
        Assert.That((sound.Counts.Count, node.Faults.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Detached_ItsCallIsCancelled_AndItIsNotCalledAgain()
    {
        var hanging = new Counting(Stage) { Hangs = true };
        var node = Node();
        node.Kernel.Attach(hanging, "hanging");
        node.Begin();
        Stage.Run(() => node.Kernel.DetachSyncAsync("hanging"));
        node.Record("one");
        Stage.Advance(Minutes(1));
        Assert.That(hanging.Counts, Has.Count.EqualTo(1));
        Assert.That(node.Faults, Is.Empty);
    }

    private sealed class Counting(Stage stage) : IProjection
    {
        private int _running;

        public List<int> Counts { get; } = [];

        public List<DateTimeOffset> Times { get; } = [];

        public bool Throws { get; init; }

        public bool Hangs { get; init; }

        public async Task UpdateAsync(ILedger ledger, CancellationToken cancellation)
        {
            Assert.That(Interlocked.Increment(ref _running), Is.EqualTo(1));
            try
            {
                Counts.Add(ledger.Count);
                Times.Add(stage.Now);
                if (Throws) throw new InvalidOperationException("no such column");
                if (Hangs) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
