using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Raw;

/// <summary>Raw messages between the transport and a libp2p program that knows nothing of nodes.</summary>
[TestFixture]
internal sealed class RawStreamTests
{
    private const string Protocol = "/some/message/1.0";
    private const int Most = 1 << 20;

    private TransportNode _node = null!;
    private Libp2pHost _peer = null!;

    [SetUp]
    public async Task SetUp()
    {
        _node = await new TransportNode(Options).StartAsync();
        _peer = Some.Host();
        _node.Peers.Add(_peer.Self);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _peer.DisposeAsync();
        await _node.DisposeAsync();
    }

    [TestCase(0), TestCase(1), TestCase(65_535), TestCase(65_536), TestCase(65_537), TestCase(Most)]
    public async Task Receive_UntilThePeerFinishes_IsOneMessage_AndTheStreamIsClosed(int bytes)
    {
        Assert.That(await SayAsync(Some.Pattern(bytes), 40_000), Is.Null);
        var (from, protocol, got) = _node.Host.Raw.Single();
        Assert.That((from, protocol), Is.EqualTo((_peer.Self, Protocol)));
        Assert.That(Some.Sha256(got), Is.EqualTo(Some.Sha256(Some.Pattern(bytes))));
        Assert.That(_node.Host.HeardOf(_peer.Self));
    }

    [Test]
    public async Task Receive_IsClosedOnlyOnceItIsTaken()
    {
        var (inside, go) = (Signal.New(), Signal.New());
        _node.Host.Before = async _ =>
        {
            inside.TrySetResult();
            await go.Task;
        };
        var saying = SayAsync(Some.Pattern(10));
        await inside.Task.SoonAsync();
        await PingAsync();
        Assert.That(saying.IsCompleted, Is.False);
        go.SetResult();
        Assert.That(await saying, Is.Null);
    }

    [Test]
    public async Task Receive_NotTaken_IsReset_AndLoggedOnceWithoutTheProtocol()
    {
        _node.Host.RawAnswer = new SendOutcome(default, SendStatus.Retry, "the inbox is full");
        for (var i = 0; i < 3; i++)
            Assert.That(await SayAsync(Some.Pattern(10)), Is.EqualTo(Libp2pFault.Reset));
        var line = _node.Logs.Lines.Single(l => l.Event.Id == 3211).Text;
        Assert.That(line, Does.Contain("the inbox is full").And.Not.Contain(Protocol));
    }

    [Test]
    public async Task Receive_TheHostThrows_IsReset()
    {
        _node.Host.Before = _ => throw new InvalidOperationException("broken");
        Assert.That(await SayAsync(Some.Pattern(10)), Is.EqualTo(Libp2pFault.Reset));
        Assert.That(_node.Logs.Lines.Count(l => l.Event.Id == 3209), Is.EqualTo(1));
    }

    [Test]
    public async Task Receive_TooLarge_IsReset()
    {
        Assert.That(await SayAsync(Some.Pattern(Most + 1), 50_000), Is.EqualTo(Libp2pFault.Reset));
        Assert.That(_node.Host.Raw, Is.Empty);
    }

    [Test]
    public async Task Receive_ResetByThePeer_IsNoMessage()
    {
        var stream = await OpenAsync();
        await stream.WriteAsync(Some.Pattern(100));
        stream.Reset();
        Assert.That(await SayAsync(Some.Pattern(7)), Is.Null, "it goes on");
        Assert.That(_node.Host.Raw.Single().Bytes, Has.Length.EqualTo(7));
    }

    [Test]
    public async Task Receive_UnknownPeer_IsReset()
    {
        _node.Peers.Remove(_peer.Self);
        Assert.That(await SayAsync(Some.Pattern(7)), Is.EqualTo(Libp2pFault.Reset));
        Assert.That((_node.Host.Raw.Count, _node.Host.HeardOf(_peer.Self)), Is.EqualTo((0, false)));
    }

    [Test]
    public async Task Receive_PeerThatIsOnlySentTo_IsReset_AndIsStillSentTo()
    {
        _node.Peers.AddToSendOnly(_peer.Self);
        _peer.Handle(Protocol, (stream, _) => stream.ReadToEndAsync());
        Assert.That(await SayAsync(Some.Pattern(7)), Is.EqualTo(Libp2pFault.Reset));
        Assert.That(_node.Host.Raw, Is.Empty);
        Assert.That((await SendAsync(Some.Pattern(10))).Status, Is.EqualTo(SendStatus.Sent));
    }

    [Test]
    public async Task Receive_OtherProtocol_IsNotSpoken()
    {
        await using var stream = await OpenAsync("/other/1");
        Assert.That(await Patience.FaultOfAsync(() => stream.ReadToEndAsync()), Is.EqualTo(Libp2pFault.NotSupported));
    }

    [Test]
    public async Task Receive_StreamsThatAreLeftOpen_HoldUpNobodyElse_AndAreCutInTime()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var node = await new TransportNode(Options, time).StartAsync();
        await using var other = Some.Host();
        node.Peers.Add(_peer.Self);
        node.Peers.Add(other.Self);
        var idle = new List<ProtocolStream>();
        for (var i = 0; i < 40; i++) // more than the peer has places for
        {
            idle.Add(await OpenAsync(node: node));
            await idle[^1].WriteAsync(Some.Pattern(100));
        }
        await _peer.PingAsync(idle[0].Connection, default).SoonAsync();
        Assert.That(await SayAsync(Some.Pattern(200_000), 50_000, other, node), Is.Null, "another peer's");
        var ends = idle.Select(s => Patience.FaultOfAsync(() => s.ReadToEndAsync())).ToList();
        // in steps of less than the keep-alive's 15 s, each after the pings were answered
        for (var seconds = 0; seconds < 24 && !ends.All(e => e.IsCompleted); seconds++)
        {
            await _peer.PingAsync(idle[0].Connection, default).SoonAsync();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.That(await Task.WhenAll(ends), Is.All.EqualTo(Libp2pFault.Reset));
        Assert.That(await SayAsync(Some.Pattern(200_000), 50_000, node: node), Is.Null, "places are free again");
    }

    [Test]
    public async Task Receive_LargeOnesOfOnePeer_AllArrive()
    {
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SayAsync(Some.Pattern(300_000), 9_000)));
        Assert.That(all, Is.All.Null);
        Assert.That(_node.Host.Raw.Select(r => r.Bytes.Length), Is.EqualTo(Enumerable.Repeat(300_000, 20)));
    }

    [Test]
    public async Task Stop_WaitsForWhatIsBeingTaken_AndResetsTheRest()
    {
        var inside = Signal.New();
        _node.Host.Before = async stop =>
        {
            inside.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        };
        var saying = SayAsync(Some.Pattern(10));
        await inside.Task.SoonAsync();
        await _node.DisposeAsync();
        Assert.That(await saying, Is.EqualTo(Libp2pFault.Reset).Or.EqualTo(Libp2pFault.Closed));
        Assert.That(_node.Host.Raw, Is.Empty);
    }

    [TestCase(0), TestCase(5), TestCase(700_000)]
    public async Task Send_ThePeerReadsAndCloses_IsSent(int bytes)
    {
        var got = Signal.New<(long, string)>();
        _peer.Handle(Protocol, async (stream, stop) =>
        {
            await stream.WriteAsync(Some.Pattern(50_000), stop); // nobody asked for it
            got.SetResult(await stream.ReadToEndAsync());
        });
        var outcome = await SendAsync(Some.Pattern(bytes));
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Sent), outcome.Reason);
        Assert.That(await got.Task, Is.EqualTo(((long)bytes, Some.Sha256(Some.Pattern(bytes)))));
        Assert.That(_node.Host.HeardOf(_peer.Self));
    }

    [Test]
    public async Task Send_ThePeerWritesBackAllThatItReads_IsSent()
    {
        _peer.Handle(Protocol, async (stream, stop) => await stream.CopyToAsync(stream, stop));
        var outcome = await SendAsync(Some.Pattern(4 << 20));
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Sent), outcome.Reason);
    }

    [Test]
    public async Task Send_ThePeerResets_IsRetry()
    {
        _peer.Handle(Protocol, (stream, _) =>
        {
            stream.Reset();
            return Task.CompletedTask;
        });
        var outcome = await SendAsync(Some.Pattern(10));
        Assert.That((outcome.Status, outcome.Reason), Is.EqualTo((SendStatus.Retry, "the peer reset the stream")));
    }

    [Test]
    public async Task Send_ThePeerDoesNotSpeakIt_IsRetryWithoutTheProtocol()
    {
        var outcome = await SendAsync(Some.Pattern(10));
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((SendStatus.Retry, "the peer does not speak the message's protocol")));
    }

    [Test]
    public async Task Send_NobodyIsThere_OrSomebodyElse_IsRetry()
    {
        var message = new RawMessage(Guid.CreateVersion7(), Protocol, Some.Pattern(10));
        var nobody = await _node.Transport.SendRawAsync(
            _peer.Self, TransportNode.Parse("/ip4/127.0.0.1/tcp/1"), message, default).SoonAsync();
        var stranger = await _node.Transport.SendRawAsync(
            TestIdentity.Fresh().Self, Address(), message, default).SoonAsync();
        Assert.That((nobody.Status, stranger.Status), Is.EqualTo((SendStatus.Retry, SendStatus.Retry)));
        Assert.That((nobody.Id, stranger.Id), Is.EqualTo((message.Id, message.Id)));
    }

    [Test]
    public async Task Send_ThePeerNeverCloses_IsRetryInTime()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var node = await new TransportNode(Options, time).StartAsync();
        var inside = Signal.New();
        _peer.Handle(Protocol, async (_, stop) =>
        {
            inside.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        var sending = SendAsync(Some.Pattern(10), node);
        await inside.Task.SoonAsync();
        time.Advance(TimeSpan.FromSeconds(11));
        var outcome = await sending;
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcome.Reason, Does.StartWith("the peer did not close the stream within 00:00:10"));
    }

    private static Libp2pOptions Options =>
        new() { Listen = ["/ip4/127.0.0.1/tcp/0"], RawProtocols = ["/some/"], MaxRawBytes = Most };

    private Identity.PeerAddress Address() =>
        TransportNode.Parse((_peer.Listen(Some.Loopback) with { Peer = _peer.Self }).ToString());

    private Task<SendOutcome> SendAsync(byte[] bytes, TransportNode? node = null) =>
        (node ?? _node).Transport.SendRawAsync(
            _peer.Self, Address(), new RawMessage(Guid.CreateVersion7(), Protocol, bytes), default).SoonAsync();

    private Task<ProtocolStream> OpenAsync(
        string protocol = Protocol, Libp2pHost? from = null, TransportNode? node = null) =>
        (from ?? _peer).OpenStreamAsync(
            (node ?? _node).Id, [Multiaddr.Parse((node ?? _node).Address.Text)], protocol, default).SoonAsync();

    /// <summary>Sends one message; the fault that the stream ended with, or null where it was closed.</summary>
    private async Task<Libp2pFault?> SayAsync(
        byte[] bytes, int piece = 4096, Libp2pHost? from = null, TransportNode? node = null)
    {
        await using var stream = await OpenAsync(from: from, node: node);
        try
        {
            await stream.WriteInPiecesAsync(bytes, piece).SoonAsync();
            Assert.That((await stream.ReadToEndAsync().SoonAsync()).Bytes, Is.Zero);
            return null;
        }
        catch (Libp2pException e)
        {
            return e.Fault;
        }
    }

    private async Task PingAsync() =>
        await _peer.PingAsync(await _peer.ConnectAsync(_node.Id, [], default), default).SoonAsync();
}
