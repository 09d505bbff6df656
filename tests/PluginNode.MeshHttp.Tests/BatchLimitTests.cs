using System.Text;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Transports;
using static PluginNode.MeshHttp.Tests.Fakes.FakeServer;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

/// <summary>Ends that take batches of different sizes.</summary>
[TestFixture]
internal sealed class BatchLimitTests
{
    private KeyRing _ring = null!;
    private TestNode _alice = null!;
    private TestNode _bob = null!;
    private TestSigner _carol = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ring = new KeyRing();
        _alice = await new TestNode(_ring, new() { Listen = "" }).StartAsync();
        _carol = _ring.NewSigner();
        _bob = await new TestNode(_ring, new() { Listen = "http://127.0.0.1:0", MaxBatchBytes = 100_000 }).StartAsync();
        _bob.Peers.Add(_alice.Id);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _alice.DisposeAsync();
        await _bob.DisposeAsync();
    }

    [Test]
    public async Task Send_BatchOverThePeersLimit_IsCutSmallerAndTheLimitRemembered()
    {
        var frames = SomeFrames(10, 30_000);

        var first = await _alice.SendAsync(_bob, frames);
        var heard = _alice.Host.HeardFrom.Count;
        var second = await _alice.SendAsync(_bob, SomeFrames(10, 30_000));

        Assert.That(first.Concat(second).Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered), first[0].Reason);
        Assert.That(_bob.Host.Frames.Take(10).Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
        Assert.That(heard, Is.EqualTo(5), "one refusal and four batches of three frames at most");
        Assert.That(_alice.Host.HeardFrom, Has.Count.EqualTo(9));
        Assert.That(_alice.Logs.Lines.Count(l => l.Id == 3006), Is.EqualTo(1));
    }

    [Test]
    public async Task Send_FrameOverThePeersLimit_IsRefusedAndNamesBothLimits()
    {
        var outcomes = await _alice.SendAsync(_bob, SomeFrame(), SomeFrame(2_000_000), SomeFrame());

        Assert.That(outcomes.Select(o => o.Status), Is.EqualTo(new[]
        {
            SendStatus.Delivered, SendStatus.Refused, SendStatus.Delivered,
        }), outcomes[1].Reason);
        Assert.That(outcomes[1].Reason, Does.Contain("100000").And.Contains($"{24 << 20}"));
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(2), "what follows goes on");
    }

    [Test]
    public async Task Send_FrameOverALimitThatThePeerDidNotSign_IsRetryAndNotOvertaken()
    {
        await using var server = new FakeServer(head => Text(
            Encoding.Latin1.GetString(Signed(head, _carol, 413, [], 250_000)).Replace(": 250000", ": 150000")));

        var outcomes = await _alice.SendAsync(_carol.Self, server.Address, SomeFrame(200_000), SomeFrame());

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(outcomes[0].Reason, Does.Contain("not signed by the peer"));
    }

    [Test]
    public async Task Send_FrameBelowTheLimitThatThePeerSigned_IsRetry()
    {
        await using var server = new FakeServer(head => Signed(head, _carol, 413, [], 250_000));

        var outcomes = await _alice.SendAsync(_carol.Self, server.Address, SomeFrame(200_000), SomeFrame());

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
    }

    [TestCase(0)]
    [TestCase(100_000)]
    public async Task Send_TooLargeByALimitThatItKeeps_IsRetryAtOnce(long limit)
    {
        await using var server = new FakeServer(head => Signed(head, _carol, 413, [], limit));

        var outcomes = await _alice.SendAsync(_carol.Self, server.Address, SomeFrames(2));

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(outcomes[0].Reason, Does.Contain("413"));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_EverSmallerLimit_EndsInRetry()
    {
        var limit = 50_000;
        await using var server = new FakeServer(head => Signed(head, _carol, 413, [], --limit));

        var outcomes = await _alice.SendAsync(_carol.Self, server.Address, SomeFrames(1000));

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(server.Requests, Is.LessThan(10));
    }

    [Test]
    public async Task Send_LimitChangedOnTheWay_IsNotBelieved()
    {
        await using var server = new FakeServer(head => Text(
            Encoding.Latin1.GetString(Signed(head, _carol, 413, [], 150)).Replace(": 150", ": 120")));

        var outcomes = await _alice.SendAsync(_carol.Self, server.Address, SomeFrames(2));

        Assert.That(outcomes[0].Reason, Does.Contain("not signed by the peer"));
        Assert.That(_alice.Host.HeardFrom, Is.Empty);
    }

    [Test]
    public async Task Send_PeerCameBackWithAHigherLimit_LargeFrameIsDelivered()
    {
        await _alice.SendAsync(_bob, SomeFrame(200_000));
        var port = _bob.Url.Port;
        await _bob.DisposeAsync();
        await using var again = await new TestNode(
            _ring, new() { Listen = $"http://127.0.0.1:{port}" }, signer: _bob.Signer).StartAsync();
        again.Peers.Add(_alice.Id);

        var outcomes = await _alice.SendAsync(again, SomeFrame(200_000));
        var heard = _alice.Host.HeardFrom.Count;
        await _alice.SendAsync(again, SomeFrames(10, 30_000));

        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
        Assert.That(_alice.Host.HeardFrom, Has.Count.EqualTo(heard + 1), "the old limit is forgotten");
    }
}
