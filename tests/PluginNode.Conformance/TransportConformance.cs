using NUnit.Framework;
using PluginNode.Conformance.Fakes;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>The laws of a transport. Derive, add <c>[TestFixture]</c>, and say how an end is made.</summary>
public abstract partial class TransportConformance
{
    private readonly List<ITransport> _started = [];

    /// <summary>What the transport can do. Default: everything.</summary>
    protected virtual TransportTraits Traits { get; } = new();

    /// <summary>How long the laws wait for what must happen. Default: 30 seconds.</summary>
    protected virtual TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>A new end. All ends of one law can reach each other.</summary>
    protected abstract TransportEnd Create();

    /// <summary>Called after each law: stops what it started, without waiting for what is being received.</summary>
    [TearDown]
    protected virtual async Task StopAllAsync()
    {
        var atOnce = new CancellationToken(canceled: true);
        foreach (var transport in _started) await InTimeAsync(transport.StopAsync(atOnce));
        _started.Clear();
    }

    /// <summary>Frames arrive in order with all their bytes, from the right sender, in both directions.</summary>
    [Test]
    public async Task Send_ManyFrames_ArriveInOrderAndWhole()
    {
        var (a, hostA) = await StartAsync();
        var (b, hostB) = await StartAsync();
        Introduce(a, b);
        foreach (var (from, to, host) in ((TransportEnd, TransportEnd, RecordingHost)[])[(a, b, hostB), (b, a, hostA)])
        {
            var frames = SomeFrames.Of(300, 500);
            var outcomes = await SendAsync(from, to, frames);
            await InTimeAsync(host.HasAsync(300));
            Assert.That(outcomes.Select(o => (o.Id, o.Status)), Is.EquivalentTo(frames.Select(f => (f.Id, GoneWell))));
            Assert.That(host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
            Assert.That(host.Frames.Select(f => f.From), Is.All.EqualTo(from.Id));
        }
    }

    /// <summary>What is sent later arrives later.</summary>
    [Test]
    public async Task Send_OneAfterAnother_KeepTheirOrder()
    {
        if (!Traits.KeepsOrder) Assert.Ignore("This transport does not keep the order of sends.");
        var (a, b, host) = await StartPairAsync();
        var frames = SomeFrames.Of(30, 50);
        foreach (var frame in frames) await SendAsync(a, b, frame);
        await InTimeAsync(host.HasAsync(30));
        Assert.That(host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
    }

    /// <summary>What the other host says of each frame comes back as it was said, matched by id.</summary>
    [Test]
    public async Task Send_EachOutcome_ComesBackAsItWasSaid()
    {
        var (a, b, host) = await StartPairAsync(outcomes: true);
        var frames = SomeFrames.Of(4, 100);
        SendOutcome[] said =
        [
            new(frames[0].Id, SendStatus.Delivered), new(frames[1].Id, SendStatus.Duplicate),
            new(frames[2].Id, SendStatus.Refused, "too late"),
            new(frames[3].Id, SendStatus.Retry, "full", TimeSpan.FromSeconds(7)),
        ];
        host.Answer = _ => [.. said.Reverse()];
        var outcomes = (await SendAsync(a, b, frames)).ToDictionary(o => o.Id);
        Assert.That(said.Select(s => outcomes.GetValueOrDefault(s.Id)), Is.EqualTo(said));
    }

    /// <summary>A frame that the other host says nothing about is <i>retry</i>, also when it speaks of
    /// others.</summary>
    [Test]
    public async Task Send_ForeignOrMissingOutcome_IsRetry()
    {
        var (a, b, host) = await StartPairAsync(outcomes: true);
        var frames = SomeFrames.Of(4, 100);
        host.Answer = _ =>
        [
            new(Guid.Empty, SendStatus.Delivered), new(Guid.CreateVersion7(), SendStatus.Refused, "who?"),
            new(frames[2].Id, SendStatus.Delivered),
        ];
        var outcomes = await SendAsync(a, b, frames);
        Assert.That(frames.Select(f => StatusOf(outcomes, f)),
            Is.EqualTo(new[] { SendStatus.Retry, SendStatus.Retry, SendStatus.Delivered, SendStatus.Retry }));
    }

    /// <summary>To send again is the kernel's business: neither a refusal nor a <i>retry</i> is sent again
    /// here.</summary>
    [TestCase(SendStatus.Refused)]
    [TestCase(SendStatus.Retry)]
    public async Task Send_RefusedOrRetry_IsHandedOverOnce(SendStatus said)
    {
        if (!Traits.HandsOverOnce) Assert.Ignore("This transport may hand a frame over twice.");
        var (a, b, host) = await StartPairAsync(outcomes: true);
        host.Answer = ids => [.. ids.Select(id => new SendOutcome(id, said, "no", TimeSpan.Zero))];
        var frames = SomeFrames.Of(3, 100);
        await SendAsync(a, b, frames);
        host.Answer = ids => [.. ids.Select(id => new SendOutcome(id, SendStatus.Delivered))];
        var last = SomeFrames.Of(1, 100);
        await SendAsync(a, b, last);
        Assert.That(host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Concat(last).Select(f => f.Bytes.ToArray())));
    }

    /// <summary>A frame of the greatest size passes.</summary>
    [Test]
    public async Task Send_FrameOfTheGreatestSize_Arrives()
    {
        var (a, b, host) = await StartPairAsync();
        var frames = SomeFrames.Of(1, a.Transport.MaxFrameBytes);
        await SendAsync(a, b, frames);
        await InTimeAsync(host.HasAsync(1));
        Assert.That(host.Frames.Single().Bytes.AsSpan().SequenceEqual(frames[0].Bytes.Span), Is.True);
    }

    /// <summary>A frame above the greatest size is the caller's bug: <i>retry</i> or an
    /// <see cref="ArgumentException"/>, but it never arrives.</summary>
    [Test]
    public async Task Send_FrameTooLarge_NeverArrives()
    {
        var (a, b, host) = await StartPairAsync();
        var frames = SomeFrames.Of(1, a.Transport.MaxFrameBytes + 1);
        IReadOnlyList<SendOutcome> outcomes = [];
        try
        {
            outcomes = await SendUncheckedAsync(a, b, frames);
        }
        catch (ArgumentException)
        {
            // as good as a retry
        }
        await SendAsync(a, b, SomeFrames.Of(1, 10));
        await InTimeAsync(host.HasAsync(1));
        Assert.That(StatusOf(outcomes, frames[0]), Is.AnyOf(SendStatus.Retry, SendStatus.Refused));
        Assert.That(host.Frames.Select(f => f.Bytes.Length), Is.EqualTo(new[] { 16 }));
    }

    /// <summary>Sends at once keep apart.</summary>
    [Test]
    public async Task Send_ManyAtOnce_EachGetsItsOwnOutcomes()
    {
        var (a, b, host) = await StartPairAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var frames = SomeFrames.Of(10, 50);
            var outcomes = await SendAsync(a, b, frames);
            Assert.That(outcomes.Select(o => o.Id), Is.EquivalentTo(frames.Select(f => f.Id)));
        }));
        await InTimeAsync(host.HasAsync(200));
        Assert.That(host.Frames, Has.Count.EqualTo(200));
    }

    /// <summary>Authenticated traffic is told to the host, so that the sender's lanes wake.</summary>
    [Test]
    public async Task Send_BothHostsHearOfEachOther()
    {
        var (a, hostA) = await StartAsync();
        var (b, hostB) = await StartAsync();
        Introduce(a, b);
        await SendAsync(a, b, SomeFrames.Of(1, 10));
        await InTimeAsync(hostB.HasAsync(1));
        Assert.That(hostB.HeardOf(a.Id), Is.True);
        if (Traits.TellsOutcomes) Assert.That(hostA.HeardOf(b.Id), Is.True);
    }
}
