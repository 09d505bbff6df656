using NUnit.Framework;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>What goes wrong on a wire, and the end of a transport.</summary>
public abstract partial class TransportConformance
{
    private SendStatus GoneWell => Traits.TellsOutcomes ? SendStatus.Delivered : SendStatus.Sent;

    /// <summary>A peer that is gone is <i>retry</i>, and never an exception.</summary>
    [Test]
    public async Task Send_PeerIsGone_IsRetry()
    {
        var (a, b, _) = await StartPairAsync(outcomes: true);
        var address = b.Address();
        await b.Transport.StopAsync(CancellationToken.None);
        await IsRetryAsync(a, b.Id, address);
    }

    /// <summary>Somebody else at the address gets nothing to answer for.</summary>
    [Test]
    public async Task Send_AnotherPeerIsThere_IsRetry()
    {
        var (a, b, host) = await StartPairAsync(outcomes: true);
        var absent = Create();
        a.Know(absent.Id);
        await IsRetryAsync(a, absent.Id, b.Address());
        Assert.That(host.Frames, Is.Empty);
    }

    /// <summary>Nothing is taken from a sender that is not in the peer list.</summary>
    [Test]
    public async Task Send_ByAnUnknownSender_IsRetryAndNeverReachesTheHost()
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        a.Know(b.Id);
        if (Traits.TellsOutcomes) await IsRetryAsync(a, b.Id, b.Address());
        else await SendAsync(a, b, SomeFrames.Of(2, 10));
        Assert.That(host.Calls, Is.Zero);
    }

    /// <summary>Nothing is taken from a peer that is only sent to; what is sent to it arrives.</summary>
    [Test]
    public async Task Send_ByAPeerThatIsOnlySentTo_IsRetryAndNeverReachesTheHost()
    {
        var (a, taking) = await StartAsync();
        var (b, host) = await StartAsync();
        a.Know(b.Id);
        if (b.KnowToSendOnly is not { } know)
        {
            Assert.Ignore("The fixture cannot list a peer that is only sent to.");
            return;
        }
        know(a.Id);
        if (Traits.TellsOutcomes) await IsRetryAsync(a, b.Id, b.Address());
        else await SendAsync(a, b, SomeFrames.Of(2, 10));
        Assert.That(host.Frames, Is.Empty);
        await SendAsync(b, a, SomeFrames.Of(1, 10));
        await InTimeAsync(taking.HasAsync(1));
    }

    /// <summary>An address that only its scheme makes one of this transport is <i>retry</i>.</summary>
    [Test]
    public async Task Send_AddressMakesNoSense_IsRetry()
    {
        var (a, b, _) = await StartPairAsync();
        await IsRetryAsync(a, b.Id, new PeerAddress(a.Transport.Scheme, $"{a.Transport.Scheme}:\\?%"));
    }

    /// <summary>A host that fails costs a retry, not an exception at the sender.</summary>
    [Test]
    public async Task Send_ReceivingHostThrows_IsRetry()
    {
        var (a, b, host) = await StartPairAsync(outcomes: true);
        host.Answer = _ => throw new InvalidOperationException("broken");
        await IsRetryAsync(a, b.Id, b.Address());
    }

    /// <summary>Cancelling ends the wait with <i>retry</i>, or no outcome, and not with an exception.</summary>
    [Test]
    public async Task Send_Cancelled_IsRetry()
    {
        var (a, b, host) = await StartPairAsync(outcomes: true);
        using var cancel = new CancellationTokenSource();
        host.Before = async stopping =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, stopping);
        };
        await IsRetryAsync(a, b.Id, b.Address(), cancel.Token);
    }

    /// <summary>A send that is cancelled from the start ends too, and tells of nothing that did not happen.</summary>
    [Test]
    public async Task Send_CancelledBefore_TellsNothingUntrue()
    {
        var (a, b, host) = await StartPairAsync();
        var frames = SomeFrames.Of(3, 10);
        var outcomes = await SendAsync(a, b.Id, b.Address(), frames, new CancellationToken(canceled: true));
        var told = frames.Where(f => StatusOf(outcomes, f) != SendStatus.Retry).ToList();
        if (told.Count > 0) await InTimeAsync(host.HasAsync(told.Count));
        Assert.That(told.Select(f => f.Bytes.ToArray()), Is.SubsetOf(host.Frames.Select(f => f.Bytes)));
    }

    /// <summary>Stopping what never started, or twice, does nothing.</summary>
    [Test]
    public async Task Stop_NeverStartedOrTwice_DoesNothing()
    {
        var never = Create();
        await InTimeAsync(never.Transport.StopAsync(CancellationToken.None));
        var (a, _) = await StartAsync();
        await InTimeAsync(a.Transport.StopAsync(CancellationToken.None));
        Assert.That(() => InTimeAsync(a.Transport.StopAsync(CancellationToken.None)), Throws.Nothing);
    }

    /// <summary>What is being received when the transport is stopped is finished, and its outcome is told.</summary>
    [Test]
    public async Task Stop_WhileReceiving_LetsItFinish()
    {
        var (a, b, host) = await StartPairAsync();
        var (arrived, go) = (Signal.New(), Signal.New());
        host.Before = async _ =>
        {
            arrived.TrySetResult();
            await go.Task;
        };
        var send = SendAsync(a, b, SomeFrames.Of(2, 10));
        await InTimeAsync(arrived.Task);
        var stop = b.Transport.StopAsync(CancellationToken.None);
        var early = stop.IsCompleted;
        go.SetResult();
        await InTimeAsync(stop);
        Assert.That(early, Is.False, "it must wait for what is being received");
        Assert.That((await send).Select(o => o.Status), Is.All.EqualTo(GoneWell).And.Exactly(2).Items);
        Assert.That(host.Frames, Has.Count.EqualTo(2));
    }

    /// <summary>Stopping that is cancelled cuts off what is being received: the sender has to try again.</summary>
    [Test]
    public async Task Stop_Cancelled_CutsOffWhatIsBeingReceived()
    {
        var (a, b, host) = await StartPairAsync();
        var arrived = Signal.New();
        host.Before = async stopping =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, stopping);
        };
        var frames = SomeFrames.Of(2, 10);
        var send = SendAsync(a, b, frames);
        await InTimeAsync(arrived.Task);
        await InTimeAsync(b.Transport.StopAsync(new CancellationToken(canceled: true)));
        var outcomes = await send;
        if (Traits.TellsOutcomes)
            Assert.That(frames.Select(f => StatusOf(outcomes, f)), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(host.Frames, Is.Empty);
    }

    /// <summary>A send that still waits when its own transport is stopped ends with <i>retry</i>.</summary>
    [Test]
    public async Task Stop_WhileSending_EndsTheSend()
    {
        var (a, b, host) = await StartPairAsync(outcomes: true);
        var arrived = Signal.New();
        host.Before = async stopping =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, stopping);
        };
        var ends = IsRetryAsync(a, b.Id, b.Address());
        await InTimeAsync(arrived.Task);
        await InTimeAsync(a.Transport.StopAsync(CancellationToken.None));
        await ends;
    }

    /// <summary>A transport that is stopped calls its host no more, whoever sends to it, and sends nothing.</summary>
    [Test]
    public async Task Stop_Completed_NoCallReachesTheHost()
    {
        var (a, b, host) = await StartPairAsync();
        var address = b.Address();
        await SendAsync(a, b, SomeFrames.Of(2, 10));
        await InTimeAsync(host.HasAsync(2));
        await InTimeAsync(b.Transport.StopAsync(CancellationToken.None));
        var calls = host.Calls;
        await SendAsync(a, b.Id, address, SomeFrames.Of(2, 10));
        Assert.That(host.Calls, Is.EqualTo(calls));
        await IsRetryAsync(b, a.Id, a.Address());
        Assert.That(host.Calls, Is.EqualTo(calls));
    }

    private static SendStatus StatusOf(IReadOnlyList<SendOutcome> outcomes, Frame frame) =>
        outcomes.FirstOrDefault(o => o.Id == frame.Id).Status; // none is a retry

    private static void Introduce(TransportEnd a, TransportEnd b)
    {
        a.Know(b.Id);
        b.Know(a.Id);
    }

    private async Task IsRetryAsync(
        TransportEnd from, PeerId to, PeerAddress address, CancellationToken cancellation = default)
    {
        var frames = SomeFrames.Of(3, 10);
        var outcomes = await SendAsync(from, to, address, frames, cancellation);
        Assert.That(frames.Select(f => StatusOf(outcomes, f)), Is.All.EqualTo(SendStatus.Retry));
    }

    private async Task<(TransportEnd End, RecordingHost Host)> StartAsync()
    {
        var (end, host) = (Create(), new RecordingHost());
        await InTimeAsync(end.Transport.StartAsync(host, CancellationToken.None));
        _started.Add(end.Transport);
        return (end, host);
    }

    private async Task<(TransportEnd From, TransportEnd To, RecordingHost Host)> StartPairAsync(bool outcomes = false)
    {
        if (outcomes && !Traits.TellsOutcomes) Assert.Ignore("This transport tells no outcomes.");
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        Introduce(a, b);
        return (a, b, host);
    }

    private Task<IReadOnlyList<SendOutcome>> SendAsync(TransportEnd from, TransportEnd to, params Frame[] frames) =>
        SendAsync(from, to.Id, to.Address(), frames);

    private async Task<IReadOnlyList<SendOutcome>> SendAsync(
        TransportEnd from, PeerId to, PeerAddress address, Frame[] frames, CancellationToken cancellation = default)
    {
        try
        {
            return await from.Transport.SendAsync(to, address, frames, cancellation)
                .WaitAsync(Patience, CancellationToken.None);
        }
        catch (Exception e)
        {
            Assert.Fail($"A send never throws for what the network or the peer does, and ends: {e}");
            throw;
        }
    }

    private Task<IReadOnlyList<SendOutcome>> SendUncheckedAsync(TransportEnd from, TransportEnd to, Frame[] frames) =>
        from.Transport.SendAsync(to.Id, to.Address(), frames, CancellationToken.None).WaitAsync(Patience);

    private async Task InTimeAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Nothing came within {Patience}.");
        }
    }
}
