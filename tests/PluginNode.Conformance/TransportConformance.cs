using NUnit.Framework;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>One end of a wire, not started yet.</summary>
/// <param name="Transport">The transport.</param>
/// <param name="Id">Who it is.</param>
/// <param name="Address">Where it is reached; asked for once it is started.</param>
/// <param name="Know">Puts a peer into its peer list.</param>
public sealed record TransportEnd(ITransport Transport, PeerId Id, Func<PeerAddress> Address, Action<PeerId> Know);

/// <summary>The laws of a transport. Derive, add <c>[TestFixture]</c>, and say how an end is made.</summary>
public abstract class TransportConformance
{
    private readonly List<ITransport> _started = [];

    /// <summary>A new end. All ends of one law can reach each other.</summary>
    protected abstract TransportEnd Create();

    /// <summary>Called after each law: stops what it started.</summary>
    [TearDown]
    protected virtual async Task StopAllAsync()
    {
        foreach (var transport in _started) await transport.StopAsync(CancellationToken.None);
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
            Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Delivered));
            Assert.That(host.Frames.Select(f => f.Bytes), Is.EqualTo(frames.Select(f => f.Bytes.ToArray())));
            Assert.That(host.Frames.Select(f => f.From), Is.All.EqualTo(from.Id));
        }
    }

    /// <summary>What the other host says of each frame comes back as it was said, matched by id.</summary>
    [Test]
    public async Task Send_EachOutcome_ComesBackAsItWasSaid()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        var frames = SomeFrames.Of(4, 100);
        SendOutcome[] said =
        [
            new(frames[0].Id, SendStatus.Delivered), new(frames[1].Id, SendStatus.Duplicate),
            new(frames[2].Id, SendStatus.Refused, "too late"),
            new(frames[3].Id, SendStatus.Retry, "full", TimeSpan.FromSeconds(7)),
        ];
        host.Answer = _ => [.. said.Reverse()];
        var outcomes = (await SendAsync(a, b, frames)).ToDictionary(o => o.Id);
        Assert.That(said.Select(s => outcomes[s.Id]), Is.EqualTo(said));
    }

    /// <summary>A frame of the greatest size passes.</summary>
    [Test]
    public async Task Send_FrameOfTheGreatestSize_Arrives()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        var frames = SomeFrames.Of(1, a.Transport.MaxFrameBytes);
        await SendAsync(a, b, frames);
        Assert.That(host.Frames.Single().Bytes.AsSpan().SequenceEqual(frames[0].Bytes.Span), Is.True);
    }

    /// <summary>A peer that is gone is <i>retry</i>, and never an exception.</summary>
    [Test]
    public async Task Send_PeerIsGone_IsRetry()
    {
        var (a, _) = await StartAsync();
        var (b, _) = await StartAsync();
        Introduce(a, b);
        var address = b.Address();
        await b.Transport.StopAsync(CancellationToken.None);
        var outcomes = await a.Transport.SendAsync(b.Id, address, SomeFrames.Of(3, 10), CancellationToken.None);
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
    }

    /// <summary>Somebody else at the address gets nothing to answer for.</summary>
    [Test]
    public async Task Send_AnotherPeerIsThere_IsRetry()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        var absent = Create();
        a.Know(absent.Id);
        var outcomes = await a.Transport.SendAsync(absent.Id, b.Address(), SomeFrames.Of(2, 10), CancellationToken.None);
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(host.Frames, Is.Empty);
    }

    /// <summary>Nothing is taken from a sender that is not in the peer list.</summary>
    [Test]
    public async Task Send_ByAnUnknownSender_IsRetryAndNeverReachesTheHost()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        a.Know(b.Id);
        var outcomes = await SendAsync(a, b, SomeFrames.Of(2, 10));
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(host.Frames, Is.Empty);
    }

    /// <summary>A host that fails costs a retry, not an exception at the sender.</summary>
    [Test]
    public async Task Send_ReceivingHostThrows_IsRetry()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        host.Answer = _ => throw new InvalidOperationException("broken");
        var outcomes = await SendAsync(a, b, SomeFrames.Of(2, 10));
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
    }

    /// <summary>Sends at once keep apart.</summary>
    [Test]
    public async Task Send_ManyAtOnce_EachGetsItsOwnOutcomes()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var frames = SomeFrames.Of(10, 50);
            var outcomes = await SendAsync(a, b, frames);
            Assert.That(outcomes.Select(o => o.Id), Is.EquivalentTo(frames.Select(f => f.Id)));
        }));
        Assert.That(host.Frames, Has.Count.EqualTo(200));
    }

    /// <summary>Cancelling ends the wait with <i>retry</i>, or no outcome, and not with an exception.</summary>
    [Test]
    public async Task Send_Cancelled_IsRetry()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        using var cancel = new CancellationTokenSource();
        var held = new TaskCompletionSource();
        host.Before = async () =>
        {
            await cancel.CancelAsync();
            await held.Task;
        };
        var outcomes = await a.Transport.SendAsync(b.Id, b.Address(), SomeFrames.Of(2, 10), cancel.Token);
        held.SetResult();
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
    }

    /// <summary>Authenticated traffic is told to the host, so that the sender's lanes wake.</summary>
    [Test]
    public async Task Send_BothHostsHearOfEachOther()
    {
        var (a, hostA) = await StartAsync();
        var (b, hostB) = await StartAsync();
        Introduce(a, b);
        await SendAsync(a, b, SomeFrames.Of(1, 10));
        Assert.That((hostA.HeardOf(b.Id), hostB.HeardOf(a.Id)), Is.EqualTo((true, true)));
    }

    /// <summary>Stopping what never started, or twice, does nothing.</summary>
    [Test]
    public async Task Stop_NeverStartedOrTwice_DoesNothing()
    {
        var never = Create();
        await never.Transport.StopAsync(CancellationToken.None);
        var (a, _) = await StartAsync();
        await a.Transport.StopAsync(CancellationToken.None);
        Assert.That(() => a.Transport.StopAsync(CancellationToken.None), Throws.Nothing);
    }

    private async Task<(TransportEnd End, RecordingHost Host)> StartAsync()
    {
        var (end, host) = (Create(), new RecordingHost());
        await end.Transport.StartAsync(host, CancellationToken.None);
        _started.Add(end.Transport);
        return (end, host);
    }

    private static void Introduce(TransportEnd a, TransportEnd b)
    {
        a.Know(b.Id);
        b.Know(a.Id);
    }

    private static Task<IReadOnlyList<SendOutcome>> SendAsync(TransportEnd from, TransportEnd to, Frame[] frames) =>
        from.Transport.SendAsync(to.Id, to.Address(), frames, CancellationToken.None);
}
