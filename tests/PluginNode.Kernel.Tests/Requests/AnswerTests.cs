using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Requests;

/// <summary>What peers ask goes to the plugin that answers it, and no plugin harms the node.</summary>
[TestFixture]
public sealed class AnswerTests
{
    private Stage _stage = null!;
    private readonly List<TestNode> _nodes = [];
    private Echo _echo = null!;

    private static PeerId Peer => TestNode.IdOf(2);

    private TestNode Node => _nodes[0];

    private IRequestHost Host => (IRequestHost)Node.Kernel.TransportHost;

    [SetUp]
    public void SetUp()
    {
        (_stage, _echo) = (new Stage(), new Echo());
        _nodes.Add(_stage.Run(() => TestNode.StartAsync(new Network(), 1, time: _stage.Time)));
        Node.Kernel.Attach(_echo, "plugin");
    }

    [TearDown]
    public void TearDown()
    {
        foreach (var node in _nodes) _stage.Run(() => node.DisposeAsync().AsTask());
        _nodes.Clear();
        _stage.Dispose();
    }

    [Test]
    public void Answer_GoesToThePluginOfTheProtocol()
    {
        var other = new Echo("/other/1")
        {
            Answer = (_, r, _) => Task.FromResult(RequestOutcome.Answer(r.Body[1..])),
        };
        Node.Kernel.Attach(other, "other");
        Assert.That(Echo.TextOf(Ask(Echo.Ask("one"))), Is.EqualTo("one"));
        Assert.That(Echo.TextOf(Ask(Echo.Ask("one", "/other/1"))), Is.EqualTo("ne"));
        PeerId? asked = null;
        _echo.Answer = (from, _, _) => Task.FromResult(RequestOutcome.Answer((asked = from).Value.ToPublicKey()));
        Ask(Echo.Ask());
        Assert.That(asked, Is.EqualTo(Peer));
    }

    [Test]
    public void Answer_ToAProtocolThatNobodyAnswers_IsRefusedClearly()
    {
        var outcome = Ask(Echo.Ask(protocol: "/nothing"));
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((RequestStatus.Unsupported, "nothing here answers this protocol")));
        Assert.That(Host.Judge(Peer, "/nothing", 0), Is.EqualTo(outcome), "and before the body is read");
    }

    [Test]
    public void Answer_ToAStrangerOrWhoIsOnlySentTo_IsNoneAndReachesNobody()
    {
        var sendOnly = TestNode.IdOf(8);
        _stage.Run(() => Node.Kernel.Peers.PutAsync(new Peer("only", sendOnly, []) { SendOnly = true }));
        foreach (var from in (PeerId[])[TestNode.IdOf(9), sendOnly])
        {
            Assert.That(Ask(Echo.Ask(), from).Status, Is.EqualTo(RequestStatus.Refused));
            Assert.That(Host.Judge(from, Echo.Name, 0)?.Reason, Is.EqualTo("unknown sender"));
        }
        Assert.That(_echo.Calls, Is.Zero);
        Assert.That(Host.Judge(Peer, Echo.Name, 100), Is.Null);
    }

    [Test]
    public void Answer_ToARequestThatIsTooLarge_ReachesNobody()
    {
        Assert.That(Ask(Echo.Ask(new string('x', 101))).Status, Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(Host.Judge(Peer, Echo.Name, 101)?.Status, Is.EqualTo(RequestStatus.TooLarge));
        Assert.That(_echo.Calls, Is.Zero);
    }

    [TestCase(RequestStatus.Busy), TestCase(RequestStatus.Refused), TestCase(RequestStatus.TooLarge)]
    public void Answer_ThatIsNone_IsToldWithItsReasonOnOneLine(RequestStatus status)
    {
        _echo.Answer = (_, _, _) => Task.FromResult(RequestOutcome.None(status, new string('y', 300) + "\n"));
        var outcome = Ask(Echo.Ask());
        Assert.That((outcome.Status, outcome.Reason), Is.EqualTo((status, new string('y', 200))));
        Assert.That(Node.PluginFaults, Is.Empty);
    }

    [Test]
    public void Answer_ThatIsNone_WithALongReason_IsNotCutWithinACharacter()
    {
        _echo.Answer = (_, _, _) => Task.FromResult(
            RequestOutcome.None(RequestStatus.Busy, new string('y', 199) + "\U0001F980 and more"));
        Assert.That(Ask(Echo.Ask()).Reason, Is.EqualTo(new string('y', 199)));
    }

    [Test]
    public void Answerer_Throws_ThePeerIsNotToldWhat_AndItIsThePluginsFault()
    {
        _echo.Answer = (_, _, _) => throw new InvalidOperationException("secret");
        var outcome = Ask(Echo.Ask());
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((RequestStatus.Refused, "what answers this protocol failed")));
        var (owner, what) = Node.PluginFaults.Single();
        Assert.That((owner, what), Is.EqualTo(("plugin", "request answerer: InvalidOperationException: secret")));
    }

    [Test]
    public void Answerer_AnswersTooMuch_NothingOfItGoesOut_AndItIsThePluginsFault()
    {
        _echo.Answer = (_, _, _) => Task.FromResult(RequestOutcome.Answer(new byte[51]));
        Assert.That(Ask(Echo.Ask(most: 51)).Body.Length, Is.EqualTo(51));
        var outcome = Ask(Echo.Ask(most: 50));
        Assert.That((outcome.Status, outcome.Body.Length), Is.EqualTo((RequestStatus.TooLarge, 0)));
        Assert.That(Node.PluginFaults.Single().Owner, Is.EqualTo("plugin"));
    }

    [TestCase(RequestStatus.Failed), TestCase(RequestStatus.TooSlow), TestCase((RequestStatus)99)]
    public void Answerer_SaysWhatOnlyAnAskerCanSay_IsRefused_AndThePluginsFault(RequestStatus status)
    {
        _echo.Answer = (_, _, _) => Task.FromResult(new RequestOutcome(status));
        Assert.That(Ask(Echo.Ask()).Status, Is.EqualTo(RequestStatus.Refused));
        Assert.That(Node.PluginFaults.Single().What, Does.Contain(status.ToString()));
    }

    [Test]
    public void Answerer_NeverAnswers_IsGivenUp_AndItsOwnPlacesAreAllThatItUsesUp()
    {
        var other = new Echo("/other/1");
        Node.Kernel.Attach(other, "other");
        _echo.Hangs();
        List<Task<RequestOutcome>> asking = [];
        for (var i = 0; i < 16; i++) asking.Add(Host.AnswerAsync(Peer, Echo.Ask(), CancellationToken.None));
        _stage.Advance(TimeSpan.FromSeconds(30));
        Assert.That(asking.Select(a => a.Result.Status), Is.All.EqualTo(RequestStatus.Refused));
        Assert.That(Node.PluginFaults.Select(f => f.Owner).Distinct(), Is.EqualTo(new[] { "plugin" }));

        Assert.That(Ask(Echo.Ask()).Status, Is.EqualTo(RequestStatus.Busy), "nothing came back");
        Assert.That(Ask(Echo.Ask(protocol: "/other/1")).Status, Is.EqualTo(RequestStatus.Answered));
        _echo.Answer = (_, _, _) => Task.FromResult(RequestOutcome.Answer(default));
        Assert.That(Ask(Echo.Ask(), TestNode.IdOf(3)).Status, Is.EqualTo(RequestStatus.Answered), "others have theirs");
    }

    [Test]
    public void Answer_SixteenAtOnceForAPeer_AndAPlaceIsFreeAgainWhenOneIsDone()
    {
        var go = new TaskCompletionSource<RequestOutcome>();
        _echo.Answer = (_, _, _) => go.Task;
        List<Task<RequestOutcome>> asking = [];
        for (var i = 0; i < 17; i++) asking.Add(Host.AnswerAsync(Peer, Echo.Ask(), CancellationToken.None));
        _stage.Settle();
        Assert.That(asking.Count(a => a.IsCompleted && a.Result.Status == RequestStatus.Busy), Is.EqualTo(1));
        go.SetResult(RequestOutcome.Answer(default));
        _stage.Settle();
        Assert.That(asking.Count(a => a.Result.IsAnswered), Is.EqualTo(16));
        Assert.That(Ask(Echo.Ask()).IsAnswered);
    }

    [Test]
    public void Cancelled_EndsAtOnce_AlsoWhereThePluginDoesNotListen_WhichKeepsABodyOfItsOwn()
    {
        PeerRequest kept = default;
        var go = new TaskCompletionSource<RequestOutcome>();
        _echo.Answer = (_, request, _) =>
        {
            kept = request;
            return go.Task;
        };
        using var cancel = new CancellationTokenSource();
        var body = "hello"u8.ToArray();
        var asking = Host.AnswerAsync(Peer, new PeerRequest(Echo.Name, body, 99), cancel.Token);
        cancel.Cancel();
        Assert.That(_stage.Run(() => asking).Status, Is.EqualTo(RequestStatus.Busy));
        body.AsSpan().Clear();
        Assert.That(kept.Body.ToArray(), Is.EqualTo("hello"u8.ToArray()));
        go.SetResult(default);
        _stage.Settle();
    }

    [Test]
    public void Cancelled_ThePluginIsTold_AndThatIsNoFault()
    {
        _echo.Answer = async (_, _, cancellation) =>
        {
            var gone = new TaskCompletionSource<RequestOutcome>();
            await using (cancellation.Register(() => gone.SetCanceled(cancellation))) return await gone.Task;
        };
        using var cancel = new CancellationTokenSource();
        var asking = Host.AnswerAsync(Peer, Echo.Ask(), cancel.Token);
        cancel.Cancel();
        Assert.That(_stage.Run(() => asking).IsAnswered, Is.False);
        Assert.That(Node.PluginFaults, Is.Empty);
    }

    [Test]
    public void Stop_WhileAnswering_CancelsThePlugin_AndNobodyIsAnsweredAnyMore()
    {
        var token = CancellationToken.None;
        _echo.Answer = async (_, _, cancellation) =>
        {
            token = cancellation;
            var gone = new TaskCompletionSource<RequestOutcome>();
            await using (cancellation.Register(() => gone.SetCanceled(cancellation))) return await gone.Task;
        };
        var asking = Host.AnswerAsync(Peer, Echo.Ask(), CancellationToken.None);
        _stage.Run(() => Node.Kernel.StopAsync(CancellationToken.None));
        Assert.That(token.IsCancellationRequested);
        Assert.That(asking.Result.Status, Is.EqualTo(RequestStatus.Busy));
        Assert.That(Ask(Echo.Ask()).Reason, Is.EqualTo("the node is stopping"));
        Assert.That(Node.PluginFaults, Is.Empty);
    }

    [Test]
    public void Attach_ASecondOneForAProtocol_OrOneWithoutAName_Throws()
    {
        Assert.That(() => Node.Kernel.Attach(new Echo(), "second"),
            Throws.InvalidOperationException.With.Message.Contains("'plugin'").And.Message.Contains(Echo.Name));
        foreach (var name in (string[])["", "a b", new string('x', 256)])
            Assert.That(() => Node.Kernel.Attach(new Echo(name), "x"), Throws.ArgumentException, name);
        Assert.That(() => Node.Kernel.Attach(new Echo("/x", -1), "x"), Throws.InstanceOf<ArgumentException>());
        Assert.That(Ask(Echo.Ask()).IsAnswered);
    }

    [Test]
    public void Detach_ItAnswersNoMore_AndAnotherMay()
    {
        _stage.Run(() => Node.Kernel.DetachAnswerersAsync("plugin"));
        Assert.That(Ask(Echo.Ask()).Status, Is.EqualTo(RequestStatus.Unsupported));
        Node.Kernel.Attach(new Echo(), "second");
        Assert.That(Ask(Echo.Ask()).IsAnswered);
    }

    private RequestOutcome Ask(PeerRequest request, PeerId? from = null) =>
        _stage.Run(() => Host.AnswerAsync(from ?? Peer, request, CancellationToken.None));
}
