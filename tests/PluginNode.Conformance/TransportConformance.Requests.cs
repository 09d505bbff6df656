using NUnit.Framework;
using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Conformance;

/// <summary>The laws of a transport that can ask peers, see <see cref="IRequestTransport"/>; ignored for
/// others.</summary>
public abstract partial class TransportConformance
{
    private const string SomeProtocol = "/some/question/1.0";

    /// <summary>Question and answer arrive with all their bytes, from the right peer, in both directions.</summary>
    [Test]
    public async Task Request_AndItsAnswer_ArriveWhole()
    {
        var (a, hostA) = await StartAsync();
        var (b, hostB) = await StartAsync();
        Introduce(a, b);
        foreach (var (from, to, host) in ((TransportEnd, TransportEnd, RecordingHost)[])[(a, b, hostB), (b, a, hostA)])
            foreach (var (there, back) in ((int, int)[])[(0, 0), (1, 0), (0, 1), (5_000, 70_000)])
            {
                var (question, answer) = (SomeBytes(there), SomeBytes(back));
                host.Reply = _ => RequestOutcome.Answer(answer);
                var outcome = await AskAsync(from, to, question);
                Assert.That((outcome.Status, outcome.Reason), Is.EqualTo((RequestStatus.Answered, (string?)null)));
                Assert.That(outcome.Body.ToArray(), Is.EqualTo(answer));
                var (asker, protocol, body, _) = host.Requests.Last();
                Assert.That((asker, protocol), Is.EqualTo((from.Id, SomeProtocol)));
                Assert.That(body, Is.EqualTo(question));
            }
    }

    /// <summary>The largest question and the largest answer pass.</summary>
    [Test]
    public async Task Request_OfTheGreatestSizes_IsAnswered()
    {
        var (a, b, host) = await StartAskersAsync();
        var bounds = Asker(a).Bounds;
        var (question, answer) = (SomeBytes(bounds.MaxRequestBytes), SomeBytes(bounds.MaxAnswerBytes));
        host.Reply = _ => RequestOutcome.Answer(answer);
        var outcome = await AskAsync(a, b, question);
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.Answered), outcome.Reason);
        Assert.That(outcome.Body.Span.SequenceEqual(answer), Is.True);
        Assert.That(host.Requests.Single().Body.AsSpan().SequenceEqual(question), Is.True);
    }

    /// <summary>A question that is too large is said to be, and does not arrive.</summary>
    [Test]
    public async Task Request_TooLarge_NeverArrives()
    {
        var (a, b, host) = await StartAskersAsync();
        var outcome = await AskAsync(a, b, SomeBytes(Asker(a).Bounds.MaxRequestBytes + 1));
        Assert.That(outcome.Status, Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(host.Requests, Is.Empty);
    }

    /// <summary>Of an answer that is larger than was asked for nothing is taken, and the host there is told how large
    /// it may be.</summary>
    [Test]
    public async Task Request_AnswerLargerThanWasAskedFor_IsTooLarge()
    {
        var (a, b, host) = await StartAskersAsync();
        host.Reply = _ => RequestOutcome.Answer(SomeBytes(1_001));
        var outcome = await AskAsync(a, b, SomeBytes(10), most: 1_000);
        Assert.That((outcome.Status, outcome.Body.Length), Is.EqualTo((RequestStatus.TooLarge, 0)));
        Assert.That(host.Requests.Single().Most, Is.EqualTo(1_000));
        Assert.That((await AskAsync(a, b, SomeBytes(10), most: 1_001)).Status, Is.EqualTo(RequestStatus.Answered));
    }

    /// <summary>What the other host says instead of an answer comes back as it was said; what it turned away by the
    /// head alone is not handed over.</summary>
    [TestCase(RequestStatus.Unsupported)]
    [TestCase(RequestStatus.Refused)]
    [TestCase(RequestStatus.Busy)]
    [TestCase(RequestStatus.TooLarge)]
    public async Task Request_ThatIsNotAnswered_ComesBackAsItWasSaid(RequestStatus said)
    {
        var (a, b, host) = await StartAskersAsync();
        host.Reply = _ => RequestOutcome.None(said, "for a réason");
        var outcome = await AskAsync(a, b, SomeBytes(100));
        Assert.That((outcome.Status, outcome.Reason), Is.EqualTo((said, "for a réason")));
        host.Judgement = (protocol, _) => RequestOutcome.None(said, protocol);
        outcome = await AskAsync(a, b, SomeBytes(100));
        Assert.That((outcome.Status, outcome.Reason), Is.EqualTo((said, SomeProtocol)));
        outcome = await AskAsync(a, b, SomeBytes(Asker(a).Bounds.MaxRequestBytes));
        Assert.That(outcome.Status, Is.EqualTo(said));
        Assert.That(host.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>Requests at once keep apart.</summary>
    [Test]
    public async Task Request_ManyAtOnce_EachGetsItsOwnAnswer()
    {
        var (a, b, _) = await StartAskersAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async n =>
        {
            var question = SomeBytes(100 + n);
            var outcome = await AskAsync(a, b, question);
            Assert.That(outcome.Body.ToArray(), Is.EqualTo(question), outcome.Reason);
        }));
    }

    /// <summary>Both hosts are told of whom they heard, so that lanes wake.</summary>
    [Test]
    public async Task Request_BothHostsHearOfEachOther()
    {
        var (a, hostA) = await StartAsync();
        var (b, hostB) = await StartAsync();
        Introduce(a, b);
        await AskAsync(a, b, SomeBytes(10));
        Assert.That((hostA.HeardOf(b.Id), hostB.HeardOf(a.Id)), Is.EqualTo((true, true)));
    }

    /// <summary>Who is not in the peer list, or only sent to, is not answered.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task Request_OfAStrangerOrWhoIsOnlySentTo_NeverReachesTheHost(bool isListed)
    {
        var (a, _) = await StartAsync();
        var (b, host) = await StartAsync();
        a.Know(b.Id);
        if (isListed)
        {
            if (b.KnowToSendOnly is not { } know)
            {
                Assert.Ignore("The fixture cannot list a peer that is only sent to.");
                return;
            }
            know(a.Id);
        }
        var outcome = await AskAsync(a, b, SomeBytes(10));
        Assert.That(outcome.Status, Is.AnyOf(RequestStatus.Refused, RequestStatus.Failed));
        Assert.That(host.Requests, Is.Empty);
    }

    /// <summary>Nobody there, somebody else, or an address that is none: a failure, and never an exception.</summary>
    [Test]
    public async Task Request_PeerIsNotThere_Fails()
    {
        var (a, b, host) = await StartAskersAsync();
        var absent = Create();
        a.Know(absent.Id);
        await FailsAsync(a, absent.Id, b.Address());
        await FailsAsync(a, b.Id, new PeerAddress(a.Transport.Scheme, $"{a.Transport.Scheme}:\\?%"));
        Assert.That(host.Requests, Is.Empty);
        var address = b.Address();
        await b.Transport.StopAsync(CancellationToken.None);
        await FailsAsync(a, b.Id, address);
    }

    /// <summary>A host that fails costs an answer, not an exception at who asks.</summary>
    [Test]
    public async Task Request_AnsweringHostThrows_IsNotAnswered()
    {
        var (a, b, host) = await StartAskersAsync();
        host.Reply = _ => throw new InvalidOperationException("broken");
        Assert.That((await AskAsync(a, b, SomeBytes(10))).IsAnswered, Is.False);
    }

    /// <summary>Cancelling ends the wait with a failure, and not with an exception, also from the start.</summary>
    [Test]
    public async Task Request_Cancelled_Fails()
    {
        var (a, b, host) = await StartAskersAsync();
        await FailsAsync(a, b.Id, b.Address(), new CancellationToken(canceled: true));
        using var cancel = new CancellationTokenSource();
        host.Before = async stopping =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, stopping);
        };
        await FailsAsync(a, b.Id, b.Address(), cancel.Token);
    }

    /// <summary>What is being answered when the transport is stopped is finished.</summary>
    [Test]
    public async Task Stop_WhileAnswering_LetsItFinish()
    {
        var (a, b, host) = await StartAskersAsync();
        var (arrived, go) = (Signal.New(), Signal.New());
        host.Before = async _ =>
        {
            arrived.TrySetResult();
            await go.Task;
        };
        var asking = AskAsync(a, b, SomeBytes(10));
        await InTimeAsync(arrived.Task);
        var stop = b.Transport.StopAsync(CancellationToken.None);
        var early = stop.IsCompleted;
        go.SetResult();
        await InTimeAsync(stop);
        Assert.That(early, Is.False, "it must wait for what is being answered");
        Assert.That((await asking).Status, Is.EqualTo(RequestStatus.Answered));
    }

    /// <summary>Stopping that is cancelled cuts off what is being answered.</summary>
    [Test]
    public async Task Stop_Cancelled_CutsOffWhatIsBeingAnswered()
    {
        var (a, b, host) = await StartAskersAsync();
        var arrived = Hang(host);
        var asking = AskAsync(a, b, SomeBytes(10));
        await InTimeAsync(arrived);
        await InTimeAsync(b.Transport.StopAsync(new CancellationToken(canceled: true)));
        Assert.That((await asking).IsAnswered, Is.False);
    }

    /// <summary>A request that still waits when its own transport is stopped ends.</summary>
    [Test]
    public async Task Stop_WhileAsking_EndsTheRequest()
    {
        var (a, b, host) = await StartAskersAsync();
        var arrived = Hang(host);
        var asking = AskAsync(a, b, SomeBytes(10));
        await InTimeAsync(arrived);
        await InTimeAsync(a.Transport.StopAsync(CancellationToken.None));
        Assert.That((await asking).Status, Is.EqualTo(RequestStatus.Failed));
    }

    /// <summary>A transport that is stopped has nothing answered any more, and asks nobody.</summary>
    [Test]
    public async Task Stop_Completed_NothingIsAskedOrAnswered()
    {
        var (a, b, host) = await StartAskersAsync();
        var address = b.Address();
        await AskAsync(a, b, SomeBytes(10));
        await InTimeAsync(b.Transport.StopAsync(CancellationToken.None));
        await FailsAsync(a, b.Id, address);
        await FailsAsync(b, a.Id, a.Address());
        Assert.That(host.Requests, Has.Count.EqualTo(1));
    }

    private static byte[] SomeBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static IRequestTransport Asker(TransportEnd end)
    {
        if (end.Transport is not IRequestTransport) Assert.Ignore("This transport cannot ask peers.");
        return (IRequestTransport)end.Transport;
    }

    private static Task Hang(RecordingHost host)
    {
        var arrived = Signal.New();
        host.Before = async stopping =>
        {
            arrived.TrySetResult();
            await Task.Delay(Timeout.Infinite, stopping);
        };
        return arrived.Task;
    }

    private async Task<(TransportEnd A, TransportEnd B, RecordingHost HostOfB)> StartAskersAsync()
    {
        var pair = await StartPairAsync();
        Asker(pair.From);
        return pair;
    }

    private async Task FailsAsync(
        TransportEnd from, PeerId to, PeerAddress address, CancellationToken cancellation = default) =>
        Assert.That(
            (await AskAsync(from, to, address, SomeBytes(10), 1_000, cancellation)).Status,
            Is.EqualTo(RequestStatus.Failed));

    private Task<RequestOutcome> AskAsync(TransportEnd from, TransportEnd to, byte[] body, int most = int.MaxValue) =>
        AskAsync(from, to.Id, to.Address(), body, most);

    private async Task<RequestOutcome> AskAsync(
        TransportEnd from, PeerId to, PeerAddress address, byte[] body, int most,
        CancellationToken cancellation = default)
    {
        var asker = Asker(from);
        try
        {
            var request = new PeerRequest(SomeProtocol, body, most);
            return await asker.RequestAsync(to, address, request, cancellation)
                .WaitAsync(Patience, CancellationToken.None);
        }
        catch (Exception e)
        {
            Assert.Fail($"A request never throws for what the network or the peer does, and ends: {e}");
            throw;
        }
    }
}
