using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Libp2p.Fakes;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>What the transport does beyond the laws of every transport.</summary>
[TestFixture]
internal sealed class TransportTests
{
    private static readonly PeerAddress Nowhere = TransportNode.Parse("/ip4/127.0.0.1/tcp/1");

    [Test]
    public async Task Peer_OfWhichOnlyTheIdIsKnown_IsReachedOverTheConnectionThatItMakes()
    {
        var (a, b) = await TransportNode.PairAsync(TransportNode.DialsOnly);
        await using var _ = a;
        await using var __ = b;
        var id = TransportNode.Parse($"/p2p/{a.Id}");
        var before = await b.SendAsync(a.Id, id, SomeFrames.Of(1, 20));
        Assert.That(before.Single().Status, Is.EqualTo(SendStatus.Retry));
        await a.SendAsync(b, SomeFrames.Of(1, 20));
        var outcome = (await b.SendAsync(a.Id, id, SomeFrames.Of(1, 20))).Single();
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Delivered), outcome.Reason);
        var other = (await b.SendAsync(a.Id, TransportNode.Parse($"/p2p/{b.Id}"), SomeFrames.Of(1, 20))).Single();
        Assert.That(other.Status, Is.EqualTo(SendStatus.Retry));
    }

    /// <summary>The kernel names one address at a time: whichever it is, all of a peer's are raced.</summary>
    [Test]
    public async Task Send_ToADeadAddress_OfAPeerThatHasAnother_ReachesItThere()
    {
        var (a, b) = await TransportNode.PairAsync();
        await using var _ = a;
        await using var __ = b;
        a.Peers.Add(b.Id, Nowhere, new PeerAddress("mesh+http", "mesh+http://127.0.0.1:1"), b.Address);
        var outcome = (await a.SendAsync(b.Id, Nowhere, SomeFrames.Of(1, 20))).Single();
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Delivered), outcome.Reason);
    }

    [Test]
    public async Task Send_ToWhoOnlyDials_GoesBackOverItsOwnConnection()
    {
        var (a, b) = await TransportNode.PairAsync(TransportNode.DialsOnly);
        await using var _ = a;
        await using var __ = b;
        Assert.That(a.Transport.BoundAddresses, Is.Empty);
        var before = await b.SendAsync(a.Id, Nowhere, SomeFrames.Of(1, 20));
        Assert.That(before[0].Status, Is.EqualTo(SendStatus.Retry));

        Assert.That((await a.SendAsync(b, SomeFrames.Of(1, 20)))[0].Status, Is.EqualTo(SendStatus.Delivered));
        var back = await b.SendAsync(a.Id, Nowhere, SomeFrames.Of(1, 20));

        Assert.That(back[0].Status, Is.EqualTo(SendStatus.Delivered), back[0].Reason);
        Assert.That((a.Transport.Connections.Count, b.Transport.Connections.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Send_SeveralAtOnce_AreOnTheWireTogether_AndEachGetsItsAnswer()
    {
        var (a, b) = await TransportNode.PairAsync();
        await using var _ = a;
        await using var __ = b;
        await a.SendAsync(b, SomeFrames.Of(1, 20));
        var (inside, go) = (Signal.New(), Signal.New());
        b.Host.Before = async _ =>
        {
            inside.TrySetResult();
            await go.Task;
        };
        var sends = Enumerable.Range(0, 5).Select(_ => a.SendAsync(b, SomeFrames.Of(2, 20))).ToList();
        await inside.Task.SoonAsync();
        Assert.That(sends.Select(s => s.IsCompleted), Is.All.False);
        go.SetResult();
        foreach (var send in sends)
            Assert.That((await send).Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(b.Host.Frames, Has.Count.EqualTo(11));
    }

    [Test]
    public async Task Send_CancelledWhileThePeerIsBusy_LeavesTheStreamGood()
    {
        var (a, b) = await TransportNode.PairAsync();
        await using var _ = a;
        await using var __ = b;
        var (inside, go) = (Signal.New(), Signal.New());
        b.Host.Before = async _ =>
        {
            inside.TrySetResult();
            await go.Task;
        };
        using var cancel = new CancellationTokenSource();
        var first = a.Transport.SendAsync(b.Id, b.Address, SomeFrames.Of(1, 20), cancel.Token);
        await inside.Task.SoonAsync();
        // more than the peer takes in meanwhile: it is cancelled half written
        var large = a.Transport.SendAsync(b.Id, b.Address, SomeFrames.Of(1, 4 << 20), cancel.Token);
        await cancel.CancelAsync();
        Assert.That((await first.SoonAsync())[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That((await large.SoonAsync())[0].Status, Is.EqualTo(SendStatus.Retry));
        go.SetResult();

        var after = await a.SendAsync(b, SomeFrames.Of(1, 20));

        Assert.That(after[0].Status, Is.EqualTo(SendStatus.Delivered), after[0].Reason);
        Assert.That(a.Transport.Connections, Has.Count.EqualTo(1));
        Assert.That(a.Changes, Has.Count.EqualTo(1), "the same one, still");
    }

    [Test]
    public async Task Send_PeerTakesLess_BatchesAreCutForIt_AndALargerFrameIsRefused()
    {
        var (a, b) = await TransportNode.PairAsync(
            b: new Libp2pOptions { Listen = ["/ip4/127.0.0.1/tcp/0"], MaxBatchBytes = 4096 });
        await using var _ = a;
        await using var __ = b;
        var frames = SomeFrames.Of(100, 100);

        var outcomes = await a.SendAsync(b, frames);
        var large = await a.SendAsync(b, [.. SomeFrames.Of(1, 4097), .. SomeFrames.Of(1, 16)]);

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(large.Select(o => o.Status), Is.EqualTo(new[] { SendStatus.Refused, SendStatus.Delivered }));
        Assert.That(large[0].Reason, Does.Contain("maxBatchBytes, 4096"));
        Assert.That(a.Logs.Lines.Count(l => l.Event.Id == 3210), Is.EqualTo(1));
    }

    [Test]
    public async Task Send_PeerDoesNotAnswer_IsRetryInTime_AndTheNextOneGetsThrough()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        var (a, b) = await TransportNode.PairAsync(time: time);
        await using var _ = a;
        await using var __ = b;
        var inside = Signal.New();
        b.Host.Before = stop =>
        {
            inside.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        };
        var send = a.SendAsync(b, SomeFrames.Of(1, 20));
        await inside.Task.SoonAsync();
        time.Advance(TimeSpan.FromSeconds(11));
        var outcome = (await send)[0];
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcome.Reason, Does.StartWith("no answer within 00:00:10"));
    }

    [Test]
    public async Task Peers_KnownOnes_ComeAndGo()
    {
        var (a, b) = await TransportNode.PairAsync();
        await using var _ = a;
        await using var stranger = await new TransportNode().StartAsync();
        stranger.Peers.Add(a.Id);
        await stranger.SendAsync(a, SomeFrames.Of(1, 20));
        await b.SendAsync(a, SomeFrames.Of(1, 20));
        await b.DisposeAsync();
        await Patience.UntilAsync(() => a.Changes.Count == 2, "b came and went");
        Assert.That(a.Changes, Is.EqualTo(new[] { (b.Id, true), (b.Id, false) }));
    }

    [Test]
    public async Task Send_ByAnUnknownSender_SaysSo_AndIsLoggedOnce_AndLaterTheSenderIsKnown()
    {
        var (a, b) = await TransportNode.PairAsync();
        await using var _ = a;
        await using var __ = b;
        await using var stranger = await new TransportNode(TransportNode.DialsOnly).StartAsync();
        for (var i = 0; i < 3; i++)
        {
            var outcome = (await stranger.SendAsync(b, SomeFrames.Of(1, 20)))[0];
            Assert.That((outcome.Status, outcome.Reason),
                Is.EqualTo((SendStatus.Retry, "the peer takes no frames: unknown sender")));
        }
        Assert.That(b.Logs.Lines.Where(l => l.Event.Id == 3207).Select(l => l.Text),
            Has.Exactly(1).Contains(stranger.Id.ToString()));
        b.Peers.Add(stranger.Id);
        var later = (await stranger.SendAsync(b, SomeFrames.Of(1, 20)))[0];
        Assert.That(later.Status, Is.EqualTo(SendStatus.Delivered), later.Reason);
    }

    [Test]
    public async Task Connection_NothingIsSent_IsClosedAfterAWhile()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        var options = new Libp2pOptions { Listen = ["/ip4/127.0.0.1/tcp/0"], IdleTimeout = "1s" };
        var (a, b) = await TransportNode.PairAsync(options, options with { }, time);
        await using var _ = a;
        await using var __ = b;
        await a.SendAsync(b, SomeFrames.Of(1, 20));
        // in all less than the time after which a connection without an answer to a ping ends
        time.Advance(TimeSpan.FromSeconds(2));
        await Patience.UntilAsync(() => Streams(a) + Streams(b) == 0, "the stream for frames is finished");
        time.Advance(TimeSpan.FromSeconds(2));
        await Patience.UntilAsync(() => a.Changes.Count == 2 && b.Changes.Count == 2, "both know that it is closed");
        Assert.That(b.Changes, Is.EqualTo(new[] { (a.Id, true), (a.Id, false) }));
        var again = await a.SendAsync(b, SomeFrames.Of(1, 20));
        Assert.That(again[0].Status, Is.EqualTo(SendStatus.Delivered), again[0].Reason);
    }

    [Test]
    public async Task Send_PeerComesBackAtItsPort_GetsThrough()
    {
        var (a, b) = await TransportNode.PairAsync();
        await using var _ = a;
        await a.SendAsync(b, SomeFrames.Of(1, 20));
        var address = b.Address;
        await b.DisposeAsync();
        await Patience.UntilAsync(() => a.Changes.Count == 2, "a knows that b is gone");
        var port = address.Text[..address.Text.IndexOf("/p2p/", StringComparison.Ordinal)];
        await using var again = new TransportNode(new Libp2pOptions { Listen = [port] }, signer: b.Signer);
        again.Peers.Add(a.Id);
        await again.StartAsync();
        var outcome = (await a.SendAsync(again, SomeFrames.Of(1, 20)))[0];
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Delivered), outcome.Reason);
    }

    [Test]
    public async Task Start_PortInUse_NamesTheSetting_AndTheAddressesBeforeItAreFree()
    {
        await using var first = await new TransportNode().StartAsync();
        var taken = first.Address.Text[..first.Address.Text.IndexOf("/p2p/", StringComparison.Ordinal)];
        await using var second = new TransportNode(new Libp2pOptions { Listen = ["/ip4/127.0.0.1/tcp/0", taken] });
        var problem = Assert.ThrowsAsync<TransportException>(async () => await second.StartAsync());
        Assert.That(problem!.Message, Does.Contain("plugins.settings.libp2p.listen").And.Contain(taken));
        Assert.That(second.Transport.BoundAddresses, Is.Empty);
    }

    private static int Streams(TransportNode node) => node.Transport.Connections.Sum(c => c.StreamCount);
}
