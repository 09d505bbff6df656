using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Transports;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class RoundTripTests
{
    private KeyRing _ring = null!;
    private TestNode _alice = null!;
    private TestNode _bob = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ring = new KeyRing();
        _alice = await new TestNode(_ring).StartAsync();
        _bob = await new TestNode(_ring).StartAsync();
        _alice.Peers.Add(_bob.Id);
        _bob.Peers.Add(_alice.Id);
    }

    [TearDown]
    public async Task TearDown()
    {
        await _alice.DisposeAsync();
        await _bob.DisposeAsync();
    }

    [Test]
    public async Task Send_BothWays_ArrivesInOrderAndIsDelivered()
    {
        var there = SomeFrames(5);
        var back = SomeFrames(3);

        var outcomes = await _alice.SendAsync(_bob, there);
        var backOutcomes = await _bob.SendAsync(_alice, back);

        Assert.That(outcomes.Select(o => o.Id), Is.EqualTo(there.Select(f => f.Id)));
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(backOutcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(_bob.Host.Frames.Select(f => f.Bytes), Is.EqualTo(there.Select(f => f.Bytes.ToArray())));
        Assert.That(_bob.Host.Frames.Select(f => f.From), Is.All.EqualTo(_alice.Id));
        Assert.That(_alice.Host.Frames.Select(f => f.Bytes), Is.EqualTo(back.Select(f => f.Bytes.ToArray())));
    }

    [Test]
    public async Task Send_Answered_BothEndsHearEachOther()
    {
        var outcome = (await _alice.SendAsync(_bob, SomeFrame())).Single();

        Assert.That(outcome.Status, Is.EqualTo(SendStatus.Delivered), outcome.Reason);
        Assert.That(_bob.Host.HeardFrom.Select(h => h.Peer), Is.Not.Empty.And.All.EqualTo(_alice.Id));
        // More than once where an answer says first what time it is there.
        Assert.That(_alice.Host.HeardFrom.Select(h => h.Peer), Is.Not.Empty.And.All.EqualTo(_bob.Id));
        Assert.That(_alice.Host.HeardFrom.Select(h => h.Time), Has.None.Null);
    }

    [Test]
    public async Task Send_SmallAndLargeFramesMixed_ArrivesByteForByte()
    {
        int[] sizes = [20, 700_000, 16, 40_000, 16_383, 99];
        Frame[] frames = [.. sizes.Select(SomeFrame)];

        var outcomes = await _alice.SendAsync(_bob, frames);

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
        Assert.That(_bob.Host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
    }

    [Test]
    public async Task Send_MoreFramesThanABatchHolds_AreSentAsSeveral()
    {
        var frames = SomeFrames(5000, 16);

        var outcomes = await _alice.SendAsync(_bob, frames);

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(5000));
        Assert.That(_bob.Host.HeardFrom, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Send_FrameOfTheLargestSize_IsDelivered()
    {
        var options = new MeshHttpOptions { Listen = "http://127.0.0.1:0", MaxBatchBytes = 100_000 };
        await using var carol = await new TestNode(_ring, options).StartAsync();
        await using var dora = await new TestNode(_ring, options).StartAsync();
        dora.Peers.Add(carol.Id);
        var frames = SomeFrames(3, carol.Transport.MaxFrameBytes);

        var outcomes = await carol.SendAsync(dora, frames);

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
    }

    [Test]
    public async Task Send_ManyAtOnce_AllAreDelivered()
    {
        var sends = Enumerable.Range(0, 200).Select(_ => _alice.SendAsync(_bob, SomeFrames(3))).ToArray();

        var outcomes = await Task.WhenAll(sends);

        Assert.That(outcomes.SelectMany(o => o).Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(600));
    }

    [Test]
    public async Task Send_OutcomesInOtherOrderAndSomeMissing_AreMatchedById()
    {
        var frames = SomeFrames(4);
        _bob.Host.Answer = ids =>
        [
            new(ids[3], SendStatus.Refused, "no\nsuch protocol"),
            new(Guid.NewGuid(), SendStatus.Delivered),
            new(ids[1], SendStatus.Retry, new string('x', 500), TimeSpan.FromSeconds(7)),
            new(ids[0], SendStatus.Duplicate),
        ];

        var outcomes = await _alice.SendAsync(_bob, frames);

        Assert.That(outcomes.Select(o => o.Id), Is.EqualTo(frames.Select(f => f.Id)));
        Assert.That(outcomes.Select(o => o.Status), Is.EqualTo(new[]
        {
            SendStatus.Duplicate, SendStatus.Retry, SendStatus.Retry, SendStatus.Refused,
        }));
        Assert.That(outcomes[1].RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(7)));
        Assert.That(outcomes[1].Reason, Has.Length.EqualTo(200));
        Assert.That(outcomes[2].Reason, Is.Not.Empty);
        Assert.That(outcomes[3].Reason, Is.EqualTo("no such protocol"));
    }

    [Test]
    public async Task Send_ReceiverThrows_IsRetry()
    {
        _bob.Host.Before = _ => throw new InvalidOperationException("the store is gone");

        var outcomes = await _alice.SendAsync(_bob, SomeFrames(2));

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(_bob.Logs.Lines.Select(l => l.Id), Has.Member(3004));
    }

    [TestCase(0, 3600)]
    [TestCase(3600, 0)]
    [TestCase(-3600, 0)]
    [TestCase(0, -1_790_000_000)]
    [TestCase(-1_790_000_000, 0)]
    [TestCase(-1_790_000_000, 3600)]
    public async Task Send_ClocksApart_IsDeliveredAllTheSame(long aliceSeconds, long bobSeconds)
    {
        await using var carol = new TestNode(_ring);
        await using var dora = new TestNode(_ring);
        carol.Time.Offset = TimeSpan.FromSeconds(aliceSeconds);
        dora.Time.Offset = TimeSpan.FromSeconds(bobSeconds);
        // transports read the clock when they start
        await carol.StartAsync();
        await dora.StartAsync();
        dora.Peers.Add(carol.Id);

        var first = await carol.SendAsync(dora, SomeFrame());
        var second = await carol.SendAsync(dora, SomeFrame());

        Assert.That(first[0].Status, Is.EqualTo(SendStatus.Delivered), first[0].Reason);
        Assert.That(second[0].Status, Is.EqualTo(SendStatus.Delivered), second[0].Reason);
        Assert.That(carol.Logs.Lines.Count(l => l.Id == 3003), Is.EqualTo(1));
        // each hears the other's own clock, not its own given back
        var apart = TimeSpan.FromMinutes(5);
        Assert.That(dora.Host.HeardFrom.Last().Time, Is.EqualTo(carol.Time.GetUtcNow()).Within(apart));
        Assert.That(carol.Host.HeardFrom.Last().Time, Is.EqualTo(dora.Time.GetUtcNow()).Within(apart));
    }

    [Test]
    public async Task Send_WallClockStepsWhileRunning_IsDelivered()
    {
        await _alice.SendAsync(_bob, SomeFrame());
        _alice.Time.Offset = TimeSpan.FromDays(-400);
        _bob.Time.Offset = TimeSpan.FromDays(30);

        var outcomes = await _alice.SendAsync(_bob, SomeFrame());

        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
    }
}
