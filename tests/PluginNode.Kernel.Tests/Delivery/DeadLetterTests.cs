using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Dead letters take room until somebody deals with them, and what was said to be gone stays gone.</summary>
[TestFixture]
public sealed class DeadLetterTests
{
    private static readonly KernelOptions Small = TestNode.Options with
    {
        Limits = new OutboxLimits { Bytes = 4000, BytesPerPeer = 4000, Memory = 4000 },
    };

    private readonly ManualTimeProvider _time = new();

    [Test]
    public async Task Send_DeadLettersFillTheOutbox_IsRefusedUntilOneIsPurged([Values("/c", "/m")] string protocol)
    {
        await using var a = await TestNode.StartAsync(new Network(), 1, options: Small, time: _time);
        var dead = new List<Guid>();
        for (var i = 0; i < 7; i++) dead.Add(await DieAsync(a, protocol));
        var refused = await a.SendAsync(2, "x");
        Assert.That(refused.Verdict, Is.EqualTo(SendVerdict.Full));
        Assert.That(refused.Reason, Does.Contain("dead letters take 3591 bytes"));
        await PurgeAsync(a, dead[3]);
        Assert.That((await a.SendAsync(2, "x")).Verdict, Is.EqualTo(SendVerdict.Accepted));
    }

    [Test]
    public async Task Start_WithDeadLetters_CountsThem()
    {
        var (wire, medium) = (new Network(), new ListMedium());
        var a = await TestNode.StartAsync(wire, 1, medium, Small, _time);
        for (var i = 0; i < 7; i++) await DieAsync(a, "/c");
        await a.DisposeAsync();
        await using var again = await TestNode.StartAsync(wire, 1, medium, Small, _time);
        Assert.That((await again.SendAsync(2, "x")).Verdict, Is.EqualTo(SendVerdict.Full));
    }

    [Test]
    public async Task Replay_OfADeadLetter_TakesNoFurtherRoom()
    {
        await using var a = await TestNode.StartAsync(new Network(), 1, options: Small, time: _time);
        var dead = new List<Guid>();
        for (var i = 0; i < 6; i++) dead.Add(await DieAsync(a, "/c"));
        foreach (var id in dead) Assert.That(await a.Kernel.Outbox.ReplayAsync(id), Is.EqualTo(ChangeResult.Done));
        Assert.That((await a.SendAsync(2, "x")).Verdict, Is.EqualTo(SendVerdict.Accepted));
        Assert.That((await a.SendAsync(2, "x")).Verdict, Is.EqualTo(SendVerdict.Full));
    }

    [Test]
    public async Task Purge_OfAMessageWithTheCallersId_KeepsTheIdAcrossARestart()
    {
        var (wire, medium, id) = (new Network(), new ListMedium(), Guid.NewGuid());
        var a = await TestNode.StartAsync(wire, 1, medium, time: _time);
        await DieAsync(a, "/c", id);
        await PurgeAsync(a, id);
        a.Kill();
        await using var again = await TestNode.StartAsync(wire, 1, medium, time: _time);
        var reply = await again.SendAsync(2, "x", id: id, ttl: TimeSpan.FromSeconds(1));
        Assert.That((reply.Verdict, reply.State), Is.EqualTo((SendVerdict.Known, MessageState.Dead)));
        Assert.That((await again.Kernel.MetricsAsync()).DeadLetters, Is.Zero);
    }

    [Test]
    public async Task Cancel_ThenKill_StaysCancelled([Values] bool ownId)
    {
        var (wire, medium) = (new Network(), new ListMedium());
        var a = await TestNode.StartAsync(wire, 1, medium, time: _time);
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        var sent = await a.SendAsync(2, "x", id: ownId ? Guid.NewGuid() : null);
        Assert.That(await a.Kernel.Outbox.CancelAsync(sent.Id), Is.EqualTo(ChangeResult.Done));
        a.Kill();
        await using var again = await TestNode.StartAsync(wire, 1, medium, time: _time);
        Assert.That((await again.Kernel.MetricsAsync()).Restored, Is.Zero);
    }

    [Test]
    public async Task Cancel_WhileTheStoreFails_IsNotSaidToBeDone([Values] bool ownId)
    {
        await using var a = await TestNode.StartAsync(new Network(), 1, time: _time);
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        var first = await a.SendAsync(2, "x", id: ownId ? Guid.NewGuid() : null);
        var second = await a.SendAsync(2, "y", id: ownId ? Guid.NewGuid() : null);
        a.Store.BeforeCommit = batch => batch.Appends.Count + batch.Removals.Count == 0
            ? Task.CompletedTask : throw new StoreFullException("no space left");
        Assert.That(await a.Kernel.Outbox.CancelAsync(first.Id), Is.EqualTo(ChangeResult.Unavailable));
        Assert.That(await a.Kernel.Outbox.CancelAsync(second.Id), Is.EqualTo(ChangeResult.Unavailable));
        Assert.That(await a.Kernel.Outbox.CancelAsync(first.Id), Is.EqualTo(ChangeResult.Unavailable));
        a.Store.BeforeCommit = null;
        Assert.That(await a.Kernel.Outbox.CancelAsync(first.Id), Is.EqualTo(ChangeResult.Done));
        Assert.That(await a.Kernel.Outbox.CancelAsync(second.Id), Is.EqualTo(ChangeResult.Done));
        Assert.That(a.Medium.Records.Values.Where(r => r.Key.Collection == 1), Is.Empty);
    }

    [Test]
    public async Task Tidy_OldDeadLetters_AreForgottenWithTheirRecords()
    {
        var medium = new ListMedium();
        var options = TestNode.Options with { DeadLetterKeep = TimeSpan.FromHours(1) };
        await using var a = await TestNode.StartAsync(new Network(), 1, medium, options, _time);
        await DieAsync(a, "/c");
        _time.Advance(TimeSpan.FromMinutes(50));
        var younger = await DieAsync(a, "/c");
        _time.Advance(TimeSpan.FromMinutes(20));
        var kept = await a.Kernel.Outbox.ListAsync(new MessageQuery(MessageState.Dead));
        Assert.That(kept.Select(m => m.Id), Is.EqualTo((Guid[])[younger]));
        Assert.That(await a.Kernel.Outbox.PurgeAsync(younger), Is.EqualTo(ChangeResult.Done));
        Assert.That(medium.Records.Values.Where(r => r.Key.Collection is 1 or 2), Is.Empty, "outbox and marks");
    }

    private async Task<Guid> DieAsync(TestNode node, string protocol, Guid? id = null)
    {
        var sent = await node.SendAsync(2, "x", protocol, id: id, ttl: TimeSpan.FromSeconds(1));
        Assert.That(sent.Verdict, Is.EqualTo(SendVerdict.Accepted));
        var end = node.EndOfAsync(sent.Id);
        _time.Advance(TimeSpan.FromSeconds(10)); // the node looks every 5
        Assert.That((await end).State, Is.EqualTo(MessageState.Dead));
        return sent.Id;
    }

    private async Task PurgeAsync(TestNode node, Guid id)
    {
        var result = ChangeResult.WrongState;
        while (result == ChangeResult.WrongState) // its mark may still be on its way to the disk
            result = await node.Kernel.Outbox.PurgeAsync(id);
        Assert.That(result, Is.EqualTo(ChangeResult.Done));
    }
}
