using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance.Tests;

[TestFixture]
public sealed class LossyLinkTests
{
    private SeededChance _chance = null!;
    private ManualTimeProvider _clock = null!;
    private LossyLink _link = null!;
    private MemoryNetwork _network = null!;
    private MemoryPeers _peers = null!;

    [SetUp]
    public void SetUp()
    {
        (_chance, _clock, _peers) = (SeededChance.Printed(), new ManualTimeProvider(), new MemoryPeers());
        _link = new LossyLink(_chance);
        _network = new MemoryNetwork(_link, _clock);
    }

    [Test]
    public async Task Carry_NothingSet_ArrivesOnceAndAtOnce()
    {
        var (a, b, host) = await StartAsync();
        var send = SendAsync(a, b, SomeFrames.Of(2, 20));
        Assert.That((send.IsCompleted, host.Frames.Count), Is.EqualTo((true, 2)));
        Assert.That((await send).Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task Drop_Always_IsRetryOnceTheTimeIsUp()
    {
        var (a, b, host) = await StartAsync();
        _link.Drop = 1;
        var send = SendAsync(a, b, SomeFrames.Of(1, 20));
        _clock.Advance(_network.AnswerWithin - TimeSpan.FromTicks(1));
        Assert.That(send.IsCompleted, Is.False);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That((await send)[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That((host.Calls, _link.Lost), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task Duplicate_Always_ArrivesTwiceAndIsToldOnce()
    {
        var (a, b, host) = await StartAsync();
        _link.Duplicate = 1;
        var outcomes = await SendAsync(a, b, SomeFrames.Of(1, 20));
        Assert.That((host.Frames.Count, outcomes.Count), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task Delay_ArrivesWhenItIsOver()
    {
        var (a, b, host) = await StartAsync();
        _link.Delay = TimeSpan.FromSeconds(2);
        var send = SendAsync(a, b, SomeFrames.Of(1, 20));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(host.Frames, Is.Empty);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((host.Frames.Count, send.IsCompleted), Is.EqualTo((1, false)));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That((await send)[0].Status, Is.EqualTo(SendStatus.Delivered));
    }

    [Test]
    public async Task Reorder_Always_LaterOnesOvertake()
    {
        var (a, b, host) = await StartAsync();
        _link.Reorder = 1;
        var frames = SomeFrames.Of(40, 20);
        var sends = frames.Select(f => SendAsync(a, b, f)).ToList();
        _clock.Advance(2 * _link.HoldBack);
        await Task.WhenAll(sends);
        var arrived = host.Frames.Select(f => f.Bytes).ToList();
        Assert.That(arrived, Is.EquivalentTo(frames.Select(f => f.Bytes.ToArray())));
        Assert.That(arrived, Is.Not.EqualTo(frames.Select(f => f.Bytes.ToArray())));
    }

    [Test]
    public async Task CutOneWay_TheWayBack_LosesTheAnswerOnly()
    {
        var (a, b, host) = await StartAsync();
        _link.CutOneWay(b.Self, a.Self);
        var send = SendAsync(a, b, SomeFrames.Of(1, 20));
        _clock.Advance(_network.AnswerWithin);
        Assert.That(((await send)[0].Status, host.Frames.Count), Is.EqualTo((SendStatus.Retry, 1)));
    }

    [Test]
    public async Task Cut_ThenHeal_NothingArrivesUntilThen()
    {
        var (a, b, host) = await StartAsync();
        _link.Cut(a.Self, b.Self);
        Assert.That((_link.Carry(a.Self, b.Self), _link.Carry(b.Self, a.Self)), Is.EqualTo((Array.Empty<TimeSpan>(),
            Array.Empty<TimeSpan>())));
        _link.Heal(b.Self, a.Self);
        await SendAsync(a, b, SomeFrames.Of(1, 20));
        Assert.That(host.Frames, Has.Count.EqualTo(1));
    }

    [Test]
    public void Carry_TheSameSeed_TheSameFate()
    {
        static string Fates(LossyLink link) => string.Join(' ', Enumerable.Range(0, 200)
            .Select(_ => string.Join('+', link.Carry(default, default))));

        var one = Fates(Bad(new LossyLink(new SeededChance(5))));
        var again = Fates(Bad(new LossyLink(new SeededChance(5))));
        Assert.That(again, Is.EqualTo(one));
    }

    [Test]
    public async Task Send_OverABadLink_NothingIsToldThatIsNotTrue_AndAllArrivesInTheEnd()
    {
        var (a, b, host) = await StartAsync();
        Bad(_link);
        var frames = SomeFrames.Of(200, 20);
        foreach (var frame in frames)
        {
            for (var told = SendStatus.Retry; told == SendStatus.Retry;)
            {
                var send = SendAsync(a, b, frame);
                _clock.Advance(_network.AnswerWithin);
                told = (await send)[0].Status;
            }
            Assert.That(host.Frames.Select(f => f.Bytes), Does.Contain(frame.Bytes.ToArray()));
        }
        Assert.That(new[] { _link.Lost, _link.Duplicated, _link.HeldBack }, Is.All.GreaterThan(0));
    }

    private static LossyLink Bad(LossyLink link)
    {
        (link.Drop, link.Duplicate, link.Reorder) = (0.2, 0.2, 0.3);
        link.Delay = TimeSpan.FromMilliseconds(20);
        return link;
    }

    private static Task<IReadOnlyList<SendOutcome>> SendAsync(
        MemoryTransport from, MemoryTransport to, params Frame[] frames) =>
        from.SendAsync(to.Self, MemoryNetwork.AddressOf(to.Self), frames, CancellationToken.None);

    private async Task<(MemoryTransport From, MemoryTransport To, RecordingHost Host)> StartAsync()
    {
        var ((a, _), (b, host)) = (await StartOneAsync(), await StartOneAsync());
        return (a, b, host);
    }

    private async Task<(MemoryTransport End, RecordingHost Host)> StartOneAsync()
    {
        PeerId id = SomePeers.New(_chance);
        _peers.Add(id);
        var (end, host) = (_network.Create(id, _peers), new RecordingHost());
        await end.StartAsync(host, CancellationToken.None);
        return (end, host);
    }
}
