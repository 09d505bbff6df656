using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>What a node takes, from whom, and when it says so.</summary>
[TestFixture]
public sealed class ArrivalTests
{
    private Network _network = null!;

    [SetUp]
    public void SetUp() => _network = new Network();

    [Test]
    public async Task Receive_IsAnsweredOnlyOnceItIsOnStableStorage()
    {
        var frames = await FramesAsync("x");
        await using var b = await TestNode.StartAsync(_network, 2);
        var disk = new TaskCompletionSource();
        b.Store.BeforeCommit = _ => disk.Task;
        var answer = _network.DeliverAsync(TestNode.IdOf(1), b.Id, frames);
        await b.Kernel.MetricsAsync(); // the loop has gone round
        Assert.That((answer.IsCompleted, await ShownAsync(b)), Is.EqualTo((false, 0)));
        b.Store.BeforeCommit = null;
        disk.SetResult();
        Assert.That((await answer)[0].Status, Is.EqualTo(SendStatus.Delivered));
        Assert.That(await ShownAsync(b), Is.EqualTo(1));
    }

    [Test]
    public async Task Receive_TheStoreFails_IsRetry_AndIsTakenTheNextTime()
    {
        var frames = await FramesAsync("x", "y");
        await using var b = await TestNode.StartAsync(_network, 2);
        b.Store.BeforeCommit = _ => throw new StoreFullException("no space left");
        var told = await _network.DeliverAsync(TestNode.IdOf(1), b.Id, frames);
        Assert.That(
            told.Select(o => (o.Status, o.Reason)), Is.All.EqualTo((SendStatus.Retry, "the disk is full there")));
        b.Store.BeforeCommit = null;
        told = await _network.DeliverAsync(TestNode.IdOf(1), b.Id, frames);
        Assert.That(told.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(await b.ReceiveAsync(2), Is.EqualTo(new[] { "x", "y" }));
    }

    [Test]
    public async Task Receive_TheSameIdWithOtherContent_IsRefused()
    {
        var id = Guid.CreateVersion7();
        await using var b = await TestNode.StartAsync(_network, 2);
        await using (var a = await TestNode.StartAsync(_network, 1))
        {
            await a.SendAsync(2, "x", id: id);
            await a.EndOfAsync(id);
        }
        await using var forgetful = await TestNode.StartAsync(_network, 1); // the same peer, without its store
        await forgetful.SendAsync(2, "other", id: id);
        var end = await forgetful.EndOfAsync(id);
        Assert.That(
            (end.State, end.Reason), Is.EqualTo((MessageState.Dead, "refused: this id was used for other content")));
        Assert.That(await b.ReceiveAsync(1), Is.EqualTo(new[] { "x" }));
        Assert.That(await ShownAsync(b), Is.EqualTo(1));
    }

    [Test]
    public async Task Receive_AnyByteOfAFrameChanged_IsNotTaken()
    {
        var frame = (await FramesAsync("some payload")).Single();
        await using var b = await TestNode.StartAsync(_network, 2);
        for (var i = 0; i < frame.Bytes.Length; i++)
        {
            var bytes = frame.Bytes.ToArray();
            bytes[i] ^= 1;
            var told = await _network.DeliverAsync(TestNode.IdOf(1), b.Id, [frame with { Bytes = bytes }]);
            Assert.That(told[0].Status, Is.EqualTo(SendStatus.Retry).Or.EqualTo(SendStatus.Refused), $"byte {i}");
        }
        Assert.That(await ShownAsync(b), Is.Zero);
        var whole = await _network.DeliverAsync(TestNode.IdOf(1), b.Id, [frame]);
        Assert.That(whole[0].Status, Is.EqualTo(SendStatus.Delivered));
    }

    [TestCase(3, 2, "the envelope is from another peer than the one that sent it")]
    [TestCase(1, 3, "the envelope is for another peer")]
    public async Task Receive_FromOrForSomeoneElse_IsRefused(byte broughtBy, byte broughtTo, string reason)
    {
        var frames = await FramesAsync("x");
        await using var other = await TestNode.StartAsync(_network, broughtTo);
        var told = await _network.DeliverAsync(TestNode.IdOf(broughtBy), other.Id, frames);
        Assert.That((told[0].Status, told[0].Reason), Is.EqualTo((SendStatus.Refused, reason)));
        Assert.That(await ShownAsync(other), Is.Zero);
    }

    [Test]
    public async Task Receive_FromAStranger_IsRetry_AndNothingIsKept()
    {
        var frames = await FramesAsync("x");
        await using var b = await TestNode.StartAsync(_network, 2, knows: 3);
        var told = await _network.DeliverAsync(TestNode.IdOf(1), b.Id, frames);
        Assert.That((told[0].Status, told[0].Reason), Is.EqualTo((SendStatus.Retry, "the sender is unknown here")));
        Assert.That((await ShownAsync(b), b.Medium.Records.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Receive_MoreThanASendersShare_IsRetry_AndOthersAreTaken()
    {
        var small = TestNode.Options with { Inbox = new InboxLimits { BytesPerPeer = 1500 } };
        await using var b = await TestNode.StartAsync(_network, 2, options: small);
        var first = await DeliverAsync(1, b, new string('x', 900), new string('x', 900));
        Assert.That(first, Is.EqualTo(
            new[] { (SendStatus.Delivered, (string?)null), (SendStatus.Retry, "the inbox is full for this sender") }));
        Assert.That(await DeliverAsync(3, b, "y"), Is.EqualTo(new[] { (SendStatus.Delivered, (string?)null) }));
    }

    /// <summary>Frames that node 1 has signed for node 2, which did not get them.</summary>
    private Task<IReadOnlyList<Frame>> FramesAsync(params string[] texts) => FramesAsync(1, texts);

    private async Task<IReadOnlyList<Frame>> FramesAsync(byte from, params string[] texts)
    {
        var sent = new TaskCompletionSource<IReadOnlyList<Frame>>();
        _network.Intercept = (sender, _, frames, _) => // what was killed may still be sending
        {
            if (sender == TestNode.IdOf(from)) sent.TrySetResult(frames);
            return Task.FromResult<IReadOnlyList<SendOutcome>>([]);
        };
        var node = await TestNode.StartAsync(_network, from);
        await node.Kernel.Peers.PauseAsync("peer-2", true);
        foreach (var text in texts) await node.SendAsync(2, text);
        await node.Kernel.Peers.PauseAsync("peer-2", false);
        node.Kernel.PeerChanged(TestNode.IdOf(2));
        var frames = await sent.Task;
        node.Kill();
        Assert.That(frames, Has.Count.EqualTo(texts.Length));
        return frames;
    }

    private async Task<(SendStatus, string?)[]> DeliverAsync(byte from, TestNode to, params string[] texts)
    {
        var frames = await FramesAsync(from, texts);
        return [.. (await _network.DeliverAsync(TestNode.IdOf(from), to.Id, frames)).Select(o => (o.Status, o.Reason))];
    }

    private static async Task<int> ShownAsync(TestNode node) =>
        (await node.Kernel.Inbox.ListAsync(new InboxQuery(), default)).Items.Count;
}
