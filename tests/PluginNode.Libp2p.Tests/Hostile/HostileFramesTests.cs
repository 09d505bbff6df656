using System.Buffers.Binary;
using PluginNode.Conformance;
using PluginNode.Conformance.Fakes;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Fakes;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Hostile;

/// <summary>A peer of the peer list that means no good, at either end of the stream for frames.</summary>
[TestFixture]
internal sealed class HostileFramesTests
{
    private TransportNode _node = null!;
    private Libp2pHost _peer = null!;

    [SetUp]
    public async Task SetUp()
    {
        _node = await new TransportNode().StartAsync();
        _peer = Some.Host();
        _node.Peers.Add(_peer.Self);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _peer.DisposeAsync();
        await _node.DisposeAsync();
    }

    [TestCase("7fffffff000000010000000000000000ffffffff", TestName = "Batch_OfTwoGigabytes_IsReset")]
    [TestCase("00000064000000010000000000000000000000ff", TestName = "Batch_OfMoreFramesThanBytes_IsReset")]
    [TestCase("0000001000000001000000000000000000000000", TestName = "Batch_OfNoFrames_IsReset")]
    [TestCase("000000140000000100000000000000000000000100000001", TestName = "Batch_WithALongerFrame_IsReset")]
    [TestCase("00000018000000010000000000000000000000010000000000000000", TestName = "Batch_WithMoreBehindIt_IsReset")]
    public async Task Batch_Malformed_IsReset(string hex)
    {
        await using var stream = await GreetedAsync();
        await stream.WriteAsync(Convert.FromHexString(hex));
        Assert.That(await Patience.FaultOfAsync(async () => await Answer.ReadAsync(stream, default)),
            Is.EqualTo(Libp2pFault.Reset));
        Assert.That(_node.Host.Frames, Is.Empty);
        await IsServedAsync();
    }

    [Test]
    public async Task Batch_RandomBytes_EndTheStreamAndNothingElse([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(BatchHead.Length, 2000)];
        random.NextBytes(bytes);
        await using var stream = await GreetedAsync();
        await stream.WriteAsync(bytes);
        Assert.That(await Patience.FaultOfAsync(async () => await Answer.ReadAsync(stream, default)),
            Is.EqualTo(Libp2pFault.Reset));
        await IsServedAsync();
    }

    [Test]
    public async Task Batch_ThatNeverComes_IsCutWhenItsTimeIsUp()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var node = await new TransportNode(time: time).StartAsync();
        node.Peers.Add(_peer.Self);
        await using var stream = await GreetedAsync(node);
        await stream.WriteAsync(Convert.FromHexString("00001000000000010000000000000000000000010000"));
        var answer = Answer.ReadAsync(stream, default).AsTask();
        // the ping behind it is answered: what came before has been looked at; at 15 s the keep-alive would ask
        for (var seconds = 0; seconds < 14 && !answer.IsCompleted; seconds++)
        {
            await _peer.PingAsync(stream.Connection, default).SoonAsync();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.That(await Patience.FaultOfAsync(() => answer), Is.EqualTo(Libp2pFault.Reset));
    }

    [Test]
    public async Task Batches_CutOffWithTheirConnection_GiveTheirRoomBack()
    {
        // each claims as much as there may be, all together many times what there is
        for (var i = 0; i < 20; i++)
        {
            await using var stream = await GreetedAsync();
            await stream.WriteAsync(Convert.FromHexString("01800000000000010000000000000000000000010000"));
            await _peer.PingAsync(stream.Connection, default).SoonAsync();
            await stream.Connection.CloseAsync().SoonAsync();
        }
        await IsServedAsync(frameBytes: 1000);
    }

    [Test]
    public async Task Stream_ANewerOne_TakesItsPlace_AndWhatIsBeingTakenEndsFirst()
    {
        var (inside, go) = (Signal.New(), Signal.New());
        _node.Host.Before = async _ =>
        {
            inside.TrySetResult();
            await go.Task;
        };
        await using var older = await GreetedAsync();
        using (var batch = new FrameBatch(SomeFrames.Of(1, 20), 0, 1, 1, 0)) await older.WriteAsync(batch.Bytes);
        await inside.Task.SoonAsync();
        await using var newer = await _peer.OpenStreamAsync(
            _node.Id, [Multiaddr.Parse(_node.Address.Text)], FrameWire.Protocol, default);
        var greeting = Answer.ReadAsync(newer, default).AsTask();
        // enough round trips for the node to have greeted the newer one, if it did not wait
        for (var i = 0; i < 20; i++) await _peer.PingAsync(newer.Connection, default).SoonAsync();
        Assert.That(greeting.IsCompleted, Is.False);
        go.SetResult();
        Assert.That((await greeting.SoonAsync())!.Number, Is.Zero);
        Assert.That(_node.Host.Frames, Has.Count.EqualTo(1), "before the newer one is greeted");
    }

    [Test]
    public async Task Peer_TakenFromTheList_GetsAFarewell()
    {
        await using var stream = await GreetedAsync();
        _node.Peers.Remove(_peer.Self);
        using (var batch = new FrameBatch(SomeFrames.Of(1, 20), 0, 1, 1, 0)) await stream.WriteAsync(batch.Bytes);
        var farewell = await Answer.ReadAsync(stream, default).SoonAsync();
        Assert.That((farewell!.Number, farewell.Reason), Is.EqualTo((0u, "unknown sender")));
        Assert.That(_node.Host.Frames, Is.Empty);
    }

    private static IEnumerable<TestCaseData> BadGreetings()
    {
        yield return new TestCaseData(new byte[4], "cut short").SetArgDisplayNames("empty");
        yield return new TestCaseData(new byte[] { 255, 255, 255, 255 }, "has 4294967295 bytes")
            .SetArgDisplayNames("endless");
        yield return new TestCaseData(Answer.Write(9, 0, 4096, "", []), "does not begin with a greeting")
            .SetArgDisplayNames("answer");
        yield return new TestCaseData(Answer.Write(0, 0, 4095, "", []), "does not begin with a greeting")
            .SetArgDisplayNames("no room");
        yield return new TestCaseData(Answer.Write(0, 0, 4096, "", [])[..^1], "cut short").SetArgDisplayNames("cut");
        yield return new TestCaseData(Array.Empty<byte>(), "without a greeting").SetArgDisplayNames("nothing");
    }

    [TestCaseSource(nameof(BadGreetings))]
    public async Task Greeting_Malformed_IsRetry(byte[] greeting, string reason)
    {
        Answering(async (stream, stop) => await stream.WriteAsync(greeting, stop));
        var outcome = (await _node.SendAsync(_peer.Self, PeerAddress(), SomeFrames.Of(1, 20)))[0];
        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(outcome.Reason, Does.Contain(reason));
    }

    [Test]
    public async Task Answer_ToWhatWasNotSent_IsRetry()
    {
        Answering(async (stream, stop) =>
        {
            await stream.WriteAsync(Answer.Write(0, 0, 4096, "", []), stop);
            await ReadBatchAsync(stream);
            await stream.WriteAsync(Answer.Write(2, 0, 4096, "", []), stop);
        });
        var outcome = (await _node.SendAsync(_peer.Self, PeerAddress(), SomeFrames.Of(1, 20)))[0];
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((SendStatus.Retry, "The peer answers what was not sent.")));
    }

    [Test]
    public async Task Answer_TwiceAndForOthers_CountsOnce()
    {
        var frames = SomeFrames.Of(1, 20);
        Answering(async (stream, stop) =>
        {
            await stream.WriteAsync(Answer.Write(0, 0, 4096, "", []), stop);
            for (uint number = 1; ; number++)
            {
                await ReadBatchAsync(stream);
                var said = number == 1 ? frames[0].Id : Guid.NewGuid();
                for (var i = 0; i < 2; i++)
                    await stream.WriteAsync(
                        Answer.Write(number, 0, 4096, "", [new SendOutcome(said, SendStatus.Delivered)]), stop);
            }
        });
        var first = await _node.SendAsync(_peer.Self, PeerAddress(), frames);
        var second = await _node.SendAsync(_peer.Self, PeerAddress(), frames);
        Assert.That((first[0].Status, second[0].Status), Is.EqualTo((SendStatus.Delivered, SendStatus.Retry)));
    }

    [Test]
    public async Task Peer_WhoNeverFinishesAnIdleStream_DoesNotKeepIt()
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        var options = new Libp2pOptions { IdleTimeout = "4s" };
        await using var node = await new TransportNode(options, time).StartAsync();
        node.Peers.Add(_peer.Self);
        Answering(async (stream, stop) =>
        {
            await stream.WriteAsync(Answer.Write(0, 0, 4096, "", []), stop);
            await ReadBatchAsync(stream);
            await stream.WriteAsync(Answer.Write(1, 0, 4096, "it is idle", []), stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        await node.SendAsync(_peer.Self, PeerAddress(), SomeFrames.Of(1, 20));
        var connection = node.Transport.Connections.Single();
        Assert.That(connection.StreamCount, Is.GreaterThan(0));
        for (var seconds = 0; seconds < 14 && connection.StreamCount > 0; seconds++)
        {
            await _peer.PingAsync(_peer.Connections.Single(), default).SoonAsync();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        await Patience.UntilAsync(() => connection.StreamCount == 0, "the stream is gone");
    }

    [Test]
    public async Task Peer_SpeaksNoFrames_IsRetryThatSaysSo()
    {
        _peer.ListenHere();
        var outcome = (await _node.SendAsync(_peer.Self, PeerAddress(), SomeFrames.Of(1, 20)))[0];
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((SendStatus.Retry, "The remote does not speak /pluginnode/frames/1.0.0.")));
    }

    private static async Task ReadBatchAsync(Stream stream)
    {
        var head = new byte[BatchHead.Length];
        await stream.ReadExactlyAsync(head);
        await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadUInt32BigEndian(head) - BatchHead.Counted]);
    }

    private void Answering(StreamHandler handler)
    {
        _peer.Handle(FrameWire.Protocol, handler);
        _peer.ListenHere();
    }

    private Identity.PeerAddress PeerAddress() => TransportNode.Parse(_peer.ListenAddresses[0].ToString());

    private async Task<ProtocolStream> GreetedAsync(TransportNode? node = null)
    {
        node ??= _node;
        var stream = await _peer.OpenStreamAsync(
            node.Id, [Multiaddr.Parse(node.Address.Text)], FrameWire.Protocol, default).SoonAsync();
        var greeting = await Answer.ReadAsync(stream, default).SoonAsync();
        Assert.That((greeting!.Number, greeting.Reason), Is.EqualTo((0u, "")));
        return stream;
    }

    private async Task IsServedAsync(int frameBytes = 20)
    {
        await using var stream = await GreetedAsync();
        using (var batch = new FrameBatch(SomeFrames.Of(1, frameBytes), 0, 1, 1, 0))
            await stream.WriteAsync(batch.Bytes);
        Assert.That((await Answer.ReadAsync(stream, default).SoonAsync())!.Outcomes, Has.Count.EqualTo(1));
    }
}
