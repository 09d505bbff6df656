using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>What happens while a message is on its way to the disk, or to the peer.</summary>
[TestFixture]
public sealed class TwoAtOnceTests
{
    private static readonly Guid Id = new("11111111-1111-4111-8111-111111111111");

    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task TheSameIdAtOnce_OtherContent_IsAConflictAndNeverPromised()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var replies = await Task.WhenAll(
            a.SendAsync(2, "one", id: Id), a.SendAsync(2, "two", id: Id), a.SendAsync(2, "one", id: Id));

        Assert.That(replies.Select(r => r.Verdict), Is.EqualTo(new[]
        {
            SendVerdict.Accepted, SendVerdict.Conflict, SendVerdict.Known,
        }));
        await using var b = await TestNode.StartAsync(_network, 2);
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "one" }));
    }

    [Test]
    public async Task TheSameIdAtOnce_InMemoryBehindACommit_IsOneMessage()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var disk = new TaskCompletionSource();
        a.Store.BeforeCommit = _ => disk.Task;
        var before = a.SendAsync(2, "before");
        var first = a.SendAsync(2, "moderate", "/m", id: Id);
        var again = a.SendAsync(2, "moderate", "/m", id: Id);
        var other = a.SendAsync(2, "other", "/m", id: Id);
        a.Store.BeforeCommit = null;
        disk.SetResult();

        Assert.That((await before).Verdict, Is.EqualTo(SendVerdict.Accepted));
        Assert.That((await first).Verdict, Is.EqualTo(SendVerdict.Accepted));
        Assert.That((await again).Verdict, Is.EqualTo(SendVerdict.Known));
        Assert.That((await other).Verdict, Is.EqualTo(SendVerdict.Conflict));
        Assert.That((await a.Kernel.MetricsAsync()).Accepted, Is.EqualTo(2));
    }

    [Test]
    public async Task AStop_WhileAModerateMessageWaitsForItsTurn_LosesNothingThatWasAccepted()
    {
        var a = await TestNode.StartAsync(_network, 1);
        var disk = new TaskCompletionSource();
        a.Store.BeforeCommit = _ => disk.Task;
        var critical = a.SendAsync(2, "critical");
        var moderate = a.SendAsync(2, "moderate", "/m");
        var stopping = a.Kernel.StopAsync(new CancellationToken(canceled: true));
        await a.Kernel.MetricsAsync(); // what the stop asks of the loop was asked before
        a.Store.BeforeCommit = null;
        disk.SetResult();
        var replies = await Task.WhenAll(critical, moderate);
        await stopping;
        await a.DisposeAsync();

        await using var again = await TestNode.StartAsync(_network, 1, a.Medium);
        var waiting = await again.Kernel.Outbox.ListAsync(new MessageQuery());
        var dead = await again.Kernel.Outbox.ListAsync(new MessageQuery(MessageState.Dead));
        Assert.That(
            waiting.Concat(dead).Select(m => m.Id),
            Is.EquivalentTo(replies.Where(r => r.Verdict == SendVerdict.Accepted).Select(r => r.Id)));
    }

    [Test]
    public async Task APeerRemovedWhileAMessageIsOnItsWay_TheDeadLetterSaysSo()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await a.Kernel.Peers.PutAsync(new Peer("gone", TestNode.IdOf(9), [new PeerAddress("wire", "wire:9")]));
        var flying = new TaskCompletionSource();
        var lands = new TaskCompletionSource<IReadOnlyList<SendOutcome>>();
        _network.Intercept = (_, _, _, _) =>
        {
            flying.TrySetResult();
            return lands.Task;
        };
        var reply = await a.SendAsync(9, "x");
        await flying.Task;
        Assert.That(await a.Kernel.RemovePeerAsync("gone", deadLetterWaiting: true), Is.EqualTo(PeerRemoval.Done));
        await a.Kernel.MetricsAsync(); // the removal has reached the outbox
        lands.SetResult([]);

        Assert.That((await a.EndOfAsync(reply.Id)).Reason, Is.EqualTo("the peer was removed"));
    }

    [Test]
    public async Task APeerRemovedWhileAMessageIsBeingAccepted_IsADeadLetterAndNotForgotten()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await a.Kernel.Peers.PutAsync(new Peer("gone", TestNode.IdOf(9), []));
        var disk = new TaskCompletionSource();
        a.Store.BeforeCommit = batch => batch.Appends.Count > 0 ? disk.Task : Task.CompletedTask;
        var sending = a.SendAsync(9, "x");
        await a.Kernel.MetricsAsync(); // it is on its way to the disk
        Assert.That(await a.Kernel.RemovePeerAsync("gone", deadLetterWaiting: false), Is.EqualTo(PeerRemoval.Done));
        a.Store.BeforeCommit = null;
        disk.SetResult();

        Assert.That((await a.EndOfAsync((await sending).Id)).State, Is.EqualTo(MessageState.Dead));
    }
}
