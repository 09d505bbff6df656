using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Peers;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>What users of an older outbox suffered from, one test a defect, named after what it prevents.</summary>
[TestFixture]
public sealed class WhatTheOldOutboxLostTests
{
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task ARetryPassThatIsCutByACrash_LosesNothing_AlsoNotWhatIsSentMeanwhile()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_network, 1, medium);
        await a.SendAsync(2, "0");
        var trying = new TaskCompletionSource();
        _network.Intercept = (_, _, _, _) =>
        {
            trying.TrySetResult();
            return new TaskCompletionSource<IReadOnlyList<SendOutcome>>().Task; // hangs in the middle of the attempt
        };
        await a.SendAsync(2, "1");
        await trying.Task;
        await a.SendAsync(2, "2");
        a.Kill();
        _network.Intercept = null;
        await using var again = await TestNode.StartAsync(_network, 1, medium);
        await using var b = await TestNode.StartAsync(_network, 2);
        Assert.That(await b.ReceiveAsync(3), Is.EqualTo(new[] { "0", "1", "2" }));
    }

    [Test]
    public async Task ManySendsAtOnce_NoneOverwritesAnother()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_network, 1, medium);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => a.SendAsync(2, $"{i}", key: $"{i}"))));
        a.Kill();
        await using var again = await TestNode.StartAsync(_network, 1, medium);
        Assert.That((await again.Kernel.MetricsAsync()).Waiting, Is.EqualTo(200));
    }

    [Test]
    public async Task AWrongKey_IsAnErrorThatNamesIt_AndNothingIsOverwritten()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_network, 1, medium);
        await a.SendAsync(2, "x");
        a.Kill();
        var before = medium.Records.Keys.ToList();
        using var right = TestNode.IdentityOf(1);
        Assert.That(() => TestNode.StartAsync(_network, 3, medium),
            Throws.TypeOf<WrongKeyException>().With.Message.Contains(RecordSealer.IdOf(right).ToString()));
        Assert.That(medium.Records.Keys, Is.EqualTo(before));
    }

    [Test]
    public async Task TheFirstAttempt_ComesAfterTheMessageIsOnStableStorage()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        var disk = new TaskCompletionSource();
        a.Store.BeforeCommit = _ => disk.Task;
        var sending = a.SendAsync(2, "x");
        await a.Kernel.MetricsAsync(); // the loop has gone round
        Assert.That((sending.IsCompleted, _network.Sent.Count), Is.EqualTo((false, 0)));
        a.Store.BeforeCommit = null;
        disk.SetResult();
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
    }

    [Test]
    public async Task BytesThatWentOut_AreNotCalledDelivered()
    {
        _network.Intercept = (_, _, frames, _) => Task.FromResult<IReadOnlyList<SendOutcome>>(
            [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Sent))]);
        await using var a = await TestNode.StartAsync(_network, 1);
        var reply = await a.SendAsync(2, "x");
        await UntilAsync(async () => (await a.Kernel.Outbox.FindAsync(reply.Id))!.AttemptCount > 0);
        Assert.That((await a.Kernel.Outbox.FindAsync(reply.Id))!.EndedAt, Is.Null);
    }

    [Test]
    public async Task OneSend_WritesOneRecord_HoweverMuchWaits()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        for (var i = 0; i < 300; i++) await a.SendAsync(2, "x");
        var written = 0;
        a.Store.BeforeCommit = batch =>
        {
            written += batch.Appends.Count;
            return Task.CompletedTask;
        };
        await a.SendAsync(2, "y");
        Assert.That(written, Is.EqualTo(1));
    }

    [Test]
    public async Task APeerThatHangs_CostsTheOthersNothing()
    {
        var hanging = TestNode.IdOf(2);
        var attempts = 0;
        _network.Intercept = (_, to, _, go) =>
        {
            if (to != hanging) return go();
            Interlocked.Increment(ref attempts);
            return new TaskCompletionSource<IReadOnlyList<SendOutcome>>().Task;
        };
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var c = await TestNode.StartAsync(_network, 3);
        for (var i = 0; i < 500; i++) await a.SendAsync(2, "x", key: $"{i}");
        for (var i = 0; i < 50; i++) await a.SendAsync(3, $"{i}");
        Assert.That(await c.ReceiveAsync(50), Has.Count.EqualTo(50));
        Assert.That(attempts, Is.LessThanOrEqualTo(2), "windows in flight");
        a.Kill(); // its stop would wait for the hanging transport
    }

    [Test]
    public async Task APeerThatIsDown_IsTriedWithOneFrameAtATime_HoweverMuchWaits()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        for (var i = 0; i < 300; i++) await a.SendAsync(2, "x", key: $"{i}");
        await UntilAsync(() => Task.FromResult(_network.Sent.Count > 12));
        Assert.That(_network.Sent.Skip(10).Select(s => s.Frames.Length), Is.All.EqualTo(1));
    }

    [Test]
    public async Task APeerThatIsHeardFrom_IsTriedAtOnce()
    {
        var slow = TestNode.Options with { Retry = new RetryOptions(TimeSpan.FromHours(1), TimeSpan.FromHours(1), 1, false) };
        await using var a = await TestNode.StartAsync(_network, 1, options: slow);
        var reply = await a.SendAsync(2, "x");
        await UntilAsync(async () => (await a.Kernel.Outbox.FindAsync(reply.Id))!.NextAttempt is not null);
        await using var b = await TestNode.StartAsync(_network, 2);
        a.Kernel.TransportHost.Heard(b.Id, null);
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
    }

    [Test]
    public void Moderate_OutlastsAnOutageOfFiveMinutes() =>
        Assert.That(DeliveryLevel.Moderate.Retries!.Aggregate((a, b) => a + b), Is.GreaterThan(TimeSpan.FromMinutes(5)));

    [Test]
    public async Task AFrameToldToRetry_HoldsBackTheRestOfItsLane_AndNoOther()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var small = TestNode.Options with { Inbox = new InboxLimits { Bytes = 600 } };
        await using var b = await TestNode.StartAsync(_network, 2, options: small);
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        await a.SendAsync(2, new string('x', 500), key: "k"); // does not fit
        await a.SendAsync(2, "behind it", key: "k"); // would fit
        await a.SendAsync(2, "beside it", key: "other");
        await a.Kernel.Peers.PauseAsync("peer-2", false);
        a.Kernel.PeerChanged(b.Id);
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "beside it" }));
        await UntilAsync(() => Task.FromResult(_network.Sent.Count > 3));
        Assert.That((await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task AnAbandonedBatchThatArrivesLate_ChangesNothing()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        List<Frame> late = [];
        _network.Intercept = (_, _, frames, _) => // the first attempt gets lost on its way
        {
            late.AddRange(frames);
            _network.Intercept = null;
            return Task.FromResult<IReadOnlyList<SendOutcome>>([]);
        };
        await a.SendAsync(2, "1");
        await a.SendAsync(2, "2");
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "1", "2" }));
        var outcomes = await _network.DeliverAsync(a.Id, b.Id, late);
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Duplicate));
        Assert.That((await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task TwoPeersWithTheSameMessageId_BothArrive_AndAreAcknowledgedApart()
    {
        var id = Guid.CreateVersion7();
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        await using var c = await TestNode.StartAsync(_network, 3);
        await a.SendAsync(2, "of a", id: id);
        await c.SendAsync(2, "of c", id: id);
        Assert.That(await b.ReceiveAsync(2), Is.EquivalentTo(new[] { "of a", "of c" }));
        Assert.That((await b.Kernel.Inbox.AckAsync([new InboxReference(id)])).Ambiguous, Is.EqualTo(new[] { id }));
        Assert.That((await b.Kernel.Inbox.AckAsync([new InboxReference(id, a.Id)])).Acknowledged, Is.EqualTo(1));
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "of c" }));
    }

    [Test]
    public async Task ALimit_IsToldToTheCaller_AndNothingIsAccepted()
    {
        var tight = TestNode.Options with { Limits = new OutboxLimits { Bytes = 2000, Payload = 900 } };
        await using var a = await TestNode.StartAsync(_network, 1, options: tight);
        Assert.That((await a.SendAsync(2, new string('x', 901))).Verdict, Is.EqualTo(SendVerdict.TooLarge));
        Assert.That((await a.SendAsync(2, new string('x', 900))).Verdict, Is.EqualTo(SendVerdict.Accepted));
        var full = await a.SendAsync(2, new string('x', 900));
        Assert.That((full.Verdict, full.Reason), Is.EqualTo((SendVerdict.Full, "the outbox is full (delivery.limits.bytes, 2000 bytes)")));
        Assert.That((await a.Kernel.MetricsAsync()).Accepted, Is.EqualTo(1));
    }

    [Test]
    public async Task AttributesCountAgainstTheLimits_OfOutboxAndInbox()
    {
        var attributes = new Dictionary<string, string> { ["a"] = new string('x', 10_000) };
        var tight = TestNode.Options with
        {
            Limits = new OutboxLimits { Memory = 30_000 }, Inbox = new InboxLimits { Bytes = 30_000 },
        };
        await using var a = await TestNode.StartAsync(_network, 1, options: tight);
        SendRequest To(byte peer, string protocol) => new()
        {
            To = TestNode.IdOf(peer), Protocol = protocol, Payload = new byte[1], Attributes = attributes,
        };
        var first = await a.Kernel.Outbox.SendAsync(To(3, "/m"), CancellationToken.None);
        var second = await a.Kernel.Outbox.SendAsync(To(3, "/m"), CancellationToken.None);
        Assert.That((first.Verdict, second.Verdict), Is.EqualTo((SendVerdict.Accepted, SendVerdict.Full)));

        await using var b = await TestNode.StartAsync(_network, 2, options: tight);
        for (var i = 0; i < 2; i++) await a.Kernel.Outbox.SendAsync(To(2, "/c"), CancellationToken.None);
        await b.ReceiveAsync(1);
        MessageView? waiting = null;
        while (waiting?.Attempts is not { Count: > 0 })
            waiting = await a.Kernel.Outbox.ListAsync(new MessageQuery(To: b.Id)) is [var last, ..] ? last : null;
        Assert.That(waiting.Attempts[^1].Outcome, Does.Contain("the inbox is full"));
    }

    [Test]
    public async Task AMessageThatThePeerRefuses_IsADeadLetter_AndTheLaneGoesOn()
    {
        await using var a = await TestNode.StartAsync(_network, 1);
        var small = TestNode.Options with { Limits = new OutboxLimits { Payload = 100 } };
        await using var b = await TestNode.StartAsync(_network, 2, options: small);
        var tooLarge = await a.SendAsync(2, new string('x', 200));
        await a.SendAsync(2, "next");
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "next" }));
        var end = await a.EndOfAsync(tooLarge.Id);
        Assert.That((end.State, end.Reason), Is.EqualTo((MessageState.Dead, "refused: the payload has more than 100 bytes")));
    }

    [Test]
    public async Task APeerThatMoved_IsReachedAtItsNewAddress()
    {
        await using var a = await TestNode.StartAsync(_network, 1, knows: 3);
        var id = TestNode.IdOf(2);
        await a.Kernel.Peers.PutAsync(new Peer("mover", id, [new PeerAddress("gone", "gone:1")]));
        await a.SendAsync(2, "x");
        await using var b = await TestNode.StartAsync(_network, 2);
        await a.Kernel.Peers.PutAsync(new Peer("mover", id, [new PeerAddress("wire", "wire:2")]));
        a.Kernel.PeerChanged(id);
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
    }

    [Test]
    public async Task ALevelThatThePolicyChangesLater_StaysForWhatWaits()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_network, 1, medium);
        var reply = await a.SendAsync(2, "x");
        a.Kill();
        var changed = TestNode.Options with { Protocols = new Dictionary<string, string> { ["/c"] = "moderate" } };
        await using var again = await TestNode.StartAsync(_network, 1, medium, changed);
        Assert.That((await again.Kernel.Outbox.FindAsync(reply.Id))!.Level, Is.EqualTo("critical"));
    }

    [Test]
    public async Task ATransportThatThrows_LosesNothing()
    {
        var thrown = 0;
        _network.Intercept = (_, _, _, go) => ++thrown <= 3 ? throw new InvalidOperationException("broken") : go();
        await using var a = await TestNode.StartAsync(_network, 1);
        await using var b = await TestNode.StartAsync(_network, 2);
        await a.SendAsync(2, "x");
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
        Assert.That(thrown, Is.GreaterThan(3));
    }

    [Test]
    public async Task ARemovalThatCouldNotBeWritten_SendsAgain_AndThePeerTakesItOnce()
    {
        var medium = new ListMedium();
        var a = await TestNode.StartAsync(_network, 1, medium);
        await using var b = await TestNode.StartAsync(_network, 2);
        var reply = await a.SendAsync(2, "x");
        a.Store.BeforeCommit = _ => throw new StoreException("the disk fails");
        Assert.That((await a.EndOfAsync(reply.Id)).State, Is.EqualTo(MessageState.Delivered));
        a.Kill();
        await using var again = await TestNode.StartAsync(_network, 1, medium);
        Assert.That((await again.Kernel.MetricsAsync()).Restored, Is.EqualTo(1));
        Assert.That((await again.EndOfAsync(reply.Id)).State, Is.EqualTo(MessageState.Delivered));
        Assert.That((await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Has.Count.EqualTo(1));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await condition()) await Task.Delay(1, timeout.Token);
    }
}
