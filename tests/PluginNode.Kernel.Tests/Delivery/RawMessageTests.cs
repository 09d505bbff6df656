using System.Text;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Messages to and from programs that know no frames.</summary>
[TestFixture]
public sealed class RawMessageTests
{
    private static readonly KernelOptions Options = TestNode.Options with
    {
        Protocols = new Dictionary<string, string>
        {
            ["/raw/ends"] = "critical", ["/raw/never"] = "critical", ["/raw/m"] = "moderate", ["/c"] = "critical",
        },
        EndsOnSent = new HashSet<string> { "/raw/ends" },
    };

    private Network _wire = null!;

    [SetUp]
    public void SetUp() => _wire = new Network { RawPrefix = "/raw/" };

    [Test]
    public async Task Send_EndsOnSent_IsSentAndNeverDelivered_AndArrivesWithoutAFrame()
    {
        await using var a = await TestNode.StartAsync(_wire, 1, options: Options);
        await using var b = await TestNode.StartAsync(_wire, 2, options: Options);
        var reply = await a.SendAsync(2, "x", "/raw/ends");
        Assert.That((await a.EndOfAsync(reply.Id)).State, Is.EqualTo(MessageState.Sent));
        var item = (await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items.Single().Message;
        Assert.That((item.From, item.Protocol, Text(item.Payload)), Is.EqualTo((a.Id, "/raw/ends", "x")));
        Assert.That(item.Id, Is.Not.EqualTo(reply.Id), "no id is on the wire");
        Assert.That(_wire.Sent, Is.Empty);
        var metrics = await a.Kernel.MetricsAsync();
        Assert.That((metrics.Sent, metrics.Delivered), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Send_CriticalThatNothingEnds_IsSentAgain_AndSaysWhatToDo()
    {
        await using var a = await TestNode.StartAsync(_wire, 1, options: Options);
        await using var b = await TestNode.StartAsync(_wire, 2, options: Options);
        var reply = await a.SendAsync(2, "x", "/raw/never");
        await b.ReceiveAsync(2);
        var message = (await a.Kernel.Outbox.FindAsync(reply.Id))!;
        Assert.That(message.EndedAt, Is.Null);
        Assert.That(message.Attempts[0].Outcome, Does.Contain("delivery.endsOn"));
    }

    [Test]
    public async Task Send_NotPersisted_EndsAsSent()
    {
        await using var a = await TestNode.StartAsync(_wire, 1, options: Options);
        await using var b = await TestNode.StartAsync(_wire, 2, options: Options);
        var moderate = await a.SendAsync(2, "m", "/raw/m");
        Assert.That((await a.EndOfAsync(moderate.Id)).State, Is.EqualTo(MessageState.Sent));
        var once = await a.SendAsync(2, "n", "/raw/none");
        Assert.That((once.Verdict, once.State), Is.EqualTo((SendVerdict.Done, MessageState.Sent)));
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "m", "n" }));
    }

    [Test]
    public async Task Send_OneLane_GoesOneAtATime_AndKeepsItsOrderWithFrames()
    {
        await using var a = await TestNode.StartAsync(_wire, 1, options: Options);
        await using var b = await TestNode.StartAsync(_wire, 2, options: Options);
        var (inside, most, failures) = (0, 0, 0);
        _wire.InterceptRaw = async (_, _, go) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            var fails = Interlocked.Increment(ref failures) % 3 == 1;
            var outcome = fails ? new SendOutcome(Guid.Empty, SendStatus.Retry, "no outcome of this one") : await go();
            Interlocked.Decrement(ref inside);
            return outcome;
        };
        for (var i = 0; i < 30; i++) await a.SendAsync(2, $"{i}", i % 4 == 0 ? "/c" : "/raw/ends");
        Assert.That(await b.ReceiveAsync(30), Is.EqualTo(Enumerable.Range(0, 30).Select(i => $"{i}")));
        Assert.That(most, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_ManyLanes_AFewStreamsAtATime_AndFramesGoOn()
    {
        await using var a = await TestNode.StartAsync(_wire, 1, options: Options);
        await using var b = await TestNode.StartAsync(_wire, 2, options: Options);
        var (inside, most) = (0, 0);
        var go = new TaskCompletionSource();
        _wire.InterceptRaw = async (_, _, deliver) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await go.Task;
            var outcome = await deliver();
            Interlocked.Decrement(ref inside);
            return outcome;
        };
        await a.Kernel.Peers.PauseAsync("peer-2", true);
        for (var i = 0; i < 100; i++) await a.SendAsync(2, $"{i}", "/raw/ends", $"{i}");
        await a.SendAsync(2, "frame", key: "another");
        await a.Kernel.Peers.PauseAsync("peer-2", false);
        a.Kernel.PeerChanged(b.Id);
        go.SetResult();
        Assert.That(await b.ReceiveAsync(101), Has.Member("frame"));
        Assert.That(most, Is.InRange(2, 16));
    }

    [Test]
    public async Task Send_ATransportThatClaimsMoreThanItCanKnow_IsNotBelieved()
    {
        await using var a = await TestNode.StartAsync(_wire, 1, options: Options);
        _wire.InterceptRaw = (_, m, _) => Task.FromResult(new SendOutcome(m.Id, SendStatus.Delivered));
        var reply = await a.SendAsync(2, "x", "/raw/ends");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await a.Kernel.Outbox.FindAsync(reply.Id))!.AttemptCount < 2)
            await Task.Delay(1, timeout.Token);
        Assert.That((await a.Kernel.Outbox.FindAsync(reply.Id))!.EndedAt, Is.Null);
    }

    [Test]
    public async Task Receive_IsOnStableStorageBeforeItIsTold()
    {
        var medium = new ListMedium();
        var b = await TestNode.StartAsync(_wire, 2, medium, Options);
        var taken = await ReceiveAsync(b, "x");
        Assert.That(taken.Status, Is.EqualTo(SendStatus.Delivered));
        b.Kill();
        await using var again = await TestNode.StartAsync(_wire, 2, medium, Options);
        Assert.That(await again.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
        var item = (await again.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items.Single().Message;
        Assert.That(item.Id, Is.EqualTo(taken.Id));
        var acknowledged = await again.Kernel.Inbox.AckAsync([new InboxReference(item.Id)]);
        Assert.That(acknowledged.Acknowledged, Is.EqualTo(1));
    }

    [Test]
    public async Task Receive_TheStoreFails_IsNotTaken()
    {
        await using var b = await TestNode.StartAsync(_wire, 2, options: Options);
        b.Store.BeforeCommit = _ => throw new StoreFullException("no room");
        Assert.That((await ReceiveAsync(b, "x")).Status, Is.EqualTo(SendStatus.Retry));
        b.Store.BeforeCommit = null;
        Assert.That((await b.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items, Is.Empty);
    }

    [Test]
    public async Task Receive_WhatIsNotTaken_SaysWhy()
    {
        var options = Options with
        {
            Limits = new OutboxLimits { Payload = 4096 }, Inbox = new InboxLimits { BytesPerPeer = 6000 },
        };
        await using var b = await TestNode.StartAsync(_wire, 2, options: options);
        var stranger = await ReceiveAsync(b, "x", from: 9);
        var large = await ReceiveAsync(b, new string('x', 4097));
        var nameless = await ReceiveAsync(b, "x", new string('/', 256));
        var first = await ReceiveAsync(b, new string('x', 4000));
        var full = await ReceiveAsync(b, new string('x', 4000));
        Assert.Multiple(() =>
        {
            Assert.That((stranger.Status, stranger.Reason), Is.EqualTo(
                (SendStatus.Retry, "the sender is unknown here")));
            Assert.That((large.Status, large.Reason), Is.EqualTo(
                (SendStatus.Refused, "the payload has more than 4096 bytes")));
            Assert.That(nameless.Status, Is.EqualTo(SendStatus.Refused));
            Assert.That(first.Status, Is.EqualTo(SendStatus.Delivered));
            Assert.That((full.Status, full.Reason), Is.EqualTo(
                (SendStatus.Retry, "the inbox is full for this sender")));
        });
        Assert.That(await b.ReceiveAsync(1), Has.Count.EqualTo(1));
    }

    private static Task<SendOutcome> ReceiveAsync(
        TestNode at, string text, string protocol = "/raw/x", byte from = 1) =>
        ((IRawStreamHost)at.Kernel.TransportHost).ReceiveRawAsync(
            TestNode.IdOf(from), protocol, Encoding.UTF8.GetBytes(text), CancellationToken.None);

    private static string Text(ReadOnlyMemory<byte> payload) => Encoding.UTF8.GetString(payload.Span);
}
