using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>A lane goes on when the end of a message of it is on stable storage. Else a crash would send that message
/// again, behind what had followed it.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EndsAreKeptFirstTests
{
    private static readonly KernelOptions TakesLittle =
        TestNode.Options with { Limits = new OutboxLimits { Payload = 100 } };

    private readonly TaskCompletionSource _beingWritten = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _large = new('x', 200);
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task Refused_ItsLaneWaitsForTheMark_AndOtherLanesDoNot()
    {
        await using var a = await RefusedAsync();
        await using var b = await TestNode.StartAsync(_network, 2, options: TakesLittle);
        await MarkIsBeingWrittenAsync(a, b);

        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "other" }));
        _written.SetResult();
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "other", "next" }));
    }

    [Test]
    public async Task Refused_TheMarkFails_TheLaneWaitsUntilItIsWritten()
    {
        var time = new Conformance.Fakes.ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var a = await RefusedAsync(time);
        await using var b = await TestNode.StartAsync(_network, 2, options: TakesLittle);
        await MarkIsBeingWrittenAsync(a, b);
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "other" }));
        a.Store.BeforeCommit = null;
        _written.SetException(new StoreFullException("no space left"));
        await a.SendAsync(2, "other again", "/m", "other");
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "other", "other again" }));

        var all = b.ReceiveAsync(3);
        while (!all.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await a.Kernel.MetricsAsync(); // the loop has gone round
        }
        Assert.That(await all, Is.EqualTo(new[] { "other", "other again", "next" }));
    }

    /// <summary>Found by seed 14405: the disk was full, and the peer's limits were others after a restart.</summary>
    [Test]
    public async Task Refused_KilledBeforeTheMark_AndThePeerTakesItThen_NothingHasPassedIt()
    {
        var medium = new ListMedium();
        await using (var b = await TestNode.StartAsync(_network, 2, options: TakesLittle))
        {
            await using var a = await RefusedAsync(medium: medium);
            await MarkIsBeingWrittenAsync(a, b);
            Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "other" }));
            a.Kill();
        }
        await using var larger = await TestNode.StartAsync(_network, 2);
        await using var again = await TestNode.StartAsync(_network, 1, medium);

        var texts = await larger.ReceiveAsync(2);
        Assert.That(texts.Where(t => t != "other"), Is.EqualTo(new[] { _large, "next" }));
    }

    [Test]
    public async Task Cancelled_ItsLaneWaitsUntilThatIsKept()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var first = await a.SendAsync(2, "first");
        await a.SendAsync(2, "next");
        a.Store.BeforeCommit = HoldThatAsync(batch => batch.Removals.Count > 0);
        var cancelled = a.Kernel.Outbox.CancelAsync(first.Id);
        await _beingWritten.Task;
        await using var b = await TestNode.StartAsync(_network, 2);
        a.Kernel.PeerChanged(b.Id);
        await SendOtherAsync(a);

        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "other" }));
        Assert.That(cancelled.IsCompleted, Is.False);
        _written.SetResult();
        Assert.That(await cancelled, Is.EqualTo(ChangeResult.Done));
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "other", "next" }));
    }

    // What peer 2 refuses stands before "next", and its mark is held.
    private async Task<TestNode> RefusedAsync(TimeProvider? time = null, ListMedium? medium = null)
    {
        var a = await TestNode.StartAsync(_network, 1, medium, time: time);
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        await a.SendAsync(2, _large);
        await a.SendAsync(2, "next");
        a.Store.BeforeCommit = HoldThatAsync(
            batch => batch.Appends.Any(r => r.Key.Collection == (byte)Collection.DeadMarks));
        return a;
    }

    private Func<RecordBatch, Task> HoldThatAsync(Predicate<RecordBatch> which)
    {
        var held = 0;
        return async batch =>
        {
            if (!which(batch) || Interlocked.Exchange(ref held, 1) == 1) return;
            _beingWritten.SetResult();
            await _written.Task;
        };
    }

    private async Task MarkIsBeingWrittenAsync(TestNode a, TestNode b)
    {
        await a.Kernel.Peers.PauseAsync("peer-2", false);
        a.Kernel.PeerChanged(b.Id);
        await _beingWritten.Task;
        await SendOtherAsync(a);
    }

    // It is in no commit, and so waits for none.
    private static Task<SendReply> SendOtherAsync(TestNode a) => a.SendAsync(2, "other", "/m", "other");
}
