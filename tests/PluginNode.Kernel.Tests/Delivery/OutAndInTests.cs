using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

[TestFixture]
public sealed class OutAndInTests
{
    private Network _wire = null!;

    [SetUp]
    public void SetUp() => _wire = new Network();

    [Test]
    public async Task Send_PeerIsThere_ArrivesOnceInOrder()
    {
        await using var a = await TestNode.StartAsync(_wire, 1);
        await using var b = await TestNode.StartAsync(_wire, 2);
        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => a.SendAsync(2, $"{i}")));
        Assert.That(replies.Select(r => (r.Verdict, r.Stable)), Is.All.EqualTo((SendVerdict.Accepted, true)));
        Assert.That(await b.ReceiveAsync(500), Is.EqualTo(Enumerable.Range(0, 500).Select(i => $"{i}")));
        Assert.That((await a.EndOfAsync(replies[^1].Id)).State, Is.EqualTo(MessageState.Delivered));
    }

    [Test]
    public async Task Send_PeerComesLater_ArrivesInLaneOrder()
    {
        await using var a = await TestNode.StartAsync(_wire, 1);
        for (var i = 0; i < 50; i++) await a.SendAsync(2, $"{i % 5}:{i}", key: $"{i % 5}");
        await using var b = await TestNode.StartAsync(_wire, 2);
        var got = await b.ReceiveAsync(50);
        foreach (var lane in got.GroupBy(t => t.Split(':')[0]))
            Assert.That(lane.Select(t => int.Parse(t.Split(':')[1])), Is.Ordered);
    }

    [Test]
    public async Task Send_ThenKillBeforeDelivery_ArrivesAfterRestart()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_wire, 1, medium);
        for (var i = 0; i < 20; i++) await a.SendAsync(2, $"{i}");
        a.Kill();
        await using var again = await TestNode.StartAsync(_wire, 1, medium);
        await using var b = await TestNode.StartAsync(_wire, 2);
        Assert.That(await b.ReceiveAsync(20), Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"{i}")));
        var metrics = await again.Kernel.MetricsAsync();
        Assert.That(metrics.Restored, Is.EqualTo(20));
    }

    /// <summary>Neither what waits for the disk, nor what waits behind that.</summary>
    [Test]
    public async Task Send_InMemory_OvertakesNothingOfItsLane()
    {
        await using var a = await TestNode.StartAsync(_wire, 1);
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        TaskCompletionSource[] commits = [new(), new()];
        var begun = -1;
        a.Store.BeforeCommit = _ => Interlocked.Increment(ref begun) < 2 ? commits[begun].Task : Task.CompletedTask;
        var first = a.SendAsync(2, "first");
        var second = a.SendAsync(2, "second", "/m");
        commits[0].SetResult();
        await first;
        var third = a.SendAsync(2, "third", "/m");
        await a.Kernel.MetricsAsync(); // the loop has seen it
        commits[1].SetResult();
        await Task.WhenAll(second, third);
        a.Store.BeforeCommit = null;
        await a.Kernel.Peers.PauseAsync("peer-2", false);
        await using var b = await TestNode.StartAsync(_wire, 2);
        a.Kernel.PeerChanged(b.Id);
        Assert.That(await b.ReceiveAsync(3), Is.EqualTo(new[] { "first", "second", "third" }));
    }

    [Test]
    public async Task Send_UnmappedProtocol_IsNeverQueued()
    {
        await using var a = await TestNode.StartAsync(_wire, 1);
        var reply = await a.SendAsync(2, "x", protocol: "/nobody/mapped/this");
        var metrics = await a.Kernel.MetricsAsync();
        Assert.Multiple(() =>
        {
            Assert.That(reply.Verdict, Is.EqualTo(SendVerdict.Failed));
            Assert.That(metrics.Accepted, Is.Zero);
            Assert.That(a.Medium.Records, Is.Empty);
        });
    }

    [Test]
    public async Task Send_StoreFails_IsNeverPromised()
    {
        await using var a = await TestNode.StartAsync(_wire, 1);
        a.Store.BeforeCommit = _ => throw new StoreFullException("no space left");
        var reply = await a.SendAsync(2, "x");
        a.Store.BeforeCommit = null;
        Assert.Multiple(() =>
        {
            Assert.That(reply.Verdict, Is.EqualTo(SendVerdict.Full));
            Assert.That(reply.Reason, Does.Contain("no space"));
        });
        Assert.That((await a.SendAsync(2, "y")).Verdict, Is.EqualTo(SendVerdict.Accepted));
        Assert.That((await a.Kernel.Outbox.ListAsync(new MessageQuery())).Select(m => m.PayloadBytes), Has.Exactly(1).Items);
    }

    [Test]
    public async Task Send_SameIdAgain_AnswersTheFirstResult_AlsoAfterDeliveryAndRestart()
    {
        var medium = new ListMedium();
        var id = Guid.CreateVersion7();
        await using (var a = await TestNode.StartAsync(_wire, 1, medium))
        await using (var b = await TestNode.StartAsync(_wire, 2))
        {
            Assert.That((await a.SendAsync(2, "x", id: id)).Verdict, Is.EqualTo(SendVerdict.Accepted));
            await b.ReceiveAsync(1);
            await a.EndOfAsync(id);
            Assert.That((await a.SendAsync(2, "x", id: id)).Verdict, Is.EqualTo(SendVerdict.Known));
            Assert.That((await a.SendAsync(2, "other", id: id)).Verdict, Is.EqualTo(SendVerdict.Conflict));
        }
        await using var again = await TestNode.StartAsync(_wire, 1, medium);
        var reply = await again.SendAsync(2, "x", id: id);
        Assert.That((reply.Verdict, reply.State), Is.EqualTo((SendVerdict.Known, MessageState.Delivered)));
        Assert.That((await again.SendAsync(2, "other", id: id)).Verdict, Is.EqualTo(SendVerdict.Conflict));
    }

    [Test]
    public async Task Receive_SameFrameAgain_IsDuplicate_AlsoAfterAckAndRestart()
    {
        var medium = new ListMedium();
        await using var a = await TestNode.StartAsync(_wire, 1);
        Frame[] frames;
        await using (var b = await TestNode.StartAsync(_wire, 2, medium))
        {
            await a.SendAsync(2, "x");
            var page = await b.Kernel.Inbox.ListAsync(new InboxQuery(Wait: TimeSpan.FromSeconds(20)), default);
            frames = _wire.Sent.First(s => s.To == b.Id).Frames;
            Assert.That((await _wire.DeliverAsync(a.Id, b.Id, frames))[0].Status, Is.EqualTo(SendStatus.Duplicate));
            var ack = await b.Kernel.Inbox.AckAsync([new InboxReference(page.Items[0].Message.Id)]);
            Assert.That(ack.Acknowledged, Is.EqualTo(1));
            Assert.That((await _wire.DeliverAsync(a.Id, b.Id, frames))[0].Status, Is.EqualTo(SendStatus.Duplicate));
        }
        await using var again = await TestNode.StartAsync(_wire, 2, medium);
        Assert.That((await _wire.DeliverAsync(a.Id, again.Id, frames))[0].Status, Is.EqualTo(SendStatus.Duplicate));
        Assert.That((await again.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Is.Empty);
    }

    [Test]
    public async Task Moderate_PeerStaysAway_IsTriedFourTimesThenADeadLetter()
    {
        var options = TestNode.Options with
        {
            Levels = [DeliveryLevel.Moderate with
            {
                Retries = [TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(2)],
            }],
        };
        await using var a = await TestNode.StartAsync(_wire, 1, options: options);
        var reply = await a.SendAsync(2, "x", protocol: "/m");
        var end = await a.EndOfAsync(reply.Id);
        Assert.That(end.State, Is.EqualTo(MessageState.Dead));
        Assert.That(_wire.Sent, Has.Count.EqualTo(4));
        Assert.That(end.Reason, Does.Contain("4 attempts"));
    }

    [Test]
    public async Task DeadLetter_Replay_ArrivesAndIsGone()
    {
        var medium = new ListMedium();
        await using var a = await TestNode.StartAsync(_wire, 1, medium);
        var reply = await a.SendAsync(2, "late", ttl: TimeSpan.FromMilliseconds(1));
        await a.SendAsync(2, "kick");
        var end = await a.EndOfAsync(reply.Id);
        Assert.That((end.State, end.Reason), Is.EqualTo((MessageState.Dead, "expired")));
        await using var b = await TestNode.StartAsync(_wire, 2);
        var result = ChangeResult.WrongState;
        while (result == ChangeResult.WrongState) // until its mark is on stable storage
            result = await a.Kernel.Outbox.ReplayAsync(reply.Id);
        Assert.That(result, Is.EqualTo(ChangeResult.Done));
        Assert.That(await b.ReceiveAsync(2), Is.EquivalentTo(new[] { "late", "kick" }));
        var m = await a.Kernel.MetricsAsync();
        Assert.That(m.DeadLetters, Is.Zero);
        Assert.That(m.Accepted + m.Restored + m.Replayed,
            Is.EqualTo(m.Delivered + m.Sent + m.Dead + m.Cancelled + m.Quarantined + m.Waiting));
    }

    [Test]
    public async Task Stop_ModerateWaits_BecomesAStoredDeadLetter()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_wire, 1, medium);
        var reply = await a.SendAsync(2, "x", protocol: "/m");
        await a.DisposeAsync();
        await using var again = await TestNode.StartAsync(_wire, 1, medium);
        var found = await again.Kernel.Outbox.FindAsync(reply.Id);
        Assert.That((found?.State, found?.Reason), Is.EqualTo((MessageState.Dead, "stopped")));
    }
}
