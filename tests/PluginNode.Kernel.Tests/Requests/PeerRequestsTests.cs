using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Transports;

namespace PluginNode.Kernel.Tests.Requests;

/// <summary>Plugins ask peers over the transports of other plugins.</summary>
[TestFixture]
public sealed class PeerRequestsTests
{
    private static readonly PeerId There = TestNode.IdOf(2);

    private Stage _stage = null!;
    private Network _wire = null!;
    private readonly List<TestNode> _nodes = [];

    private TestNode Node => _nodes[0];

    [SetUp]
    public void SetUp()
    {
        (_stage, _wire) = (new Stage(), new Network());
        foreach (var seed in (byte[])[1, 2])
            _nodes.Add(_stage.Run(() => TestNode.StartAsync(_wire, seed, time: _stage.Time)));
        _nodes[1].Kernel.Attach(new Echo(), "plugin");
    }

    [TearDown]
    public void TearDown()
    {
        foreach (var node in _nodes) _stage.Run(() => node.DisposeAsync().AsTask());
        _nodes.Clear();
        _stage.Dispose();
    }

    [Test]
    public void Request_IsAnsweredByThePluginThere()
    {
        Assert.That(Echo.TextOf(Ask(Echo.Ask("hello"))), Is.EqualTo("hello"));
        Assert.That(Ask(Echo.Ask(protocol: "/nothing")).Status, Is.EqualTo(RequestStatus.Unsupported));
    }

    [Test]
    public void AddressesOf_AreThoseWhoseTransportCanAsk()
    {
        Put("many", 7, "mesh:1", "wire:7", "other:1", "wire:8");
        Assert.That(AddressesOf(7), Is.EqualTo(new[] { "wire:7", "wire:8" }));
        Node.Kernel.Attach(new Deaf("mesh"));
        Node.Kernel.Attach(new Second("other"));
        Assert.That(AddressesOf(7), Is.EqualTo(new[] { "wire:7", "other:1", "wire:8" }));
        Assert.That(AddressesOf(9), Is.Empty, "who is unknown");
        Put("only", 8, sendOnly: true, "wire:8");
        Assert.That(AddressesOf(8), Is.Empty, "who is only sent to is asked for nothing");
    }

    [Test]
    public void Request_NobodyIsThere_TheNextAddressIsTried_InTheirOrder()
    {
        var second = new Second("other");
        Node.Kernel.Attach(second);
        Put("many", 7, "wire:7", "other:1", "other:2");
        second.Answer = (a, _) => a.Text == "other:1"
            ? RequestOutcome.None(RequestStatus.Failed, "no")
            : RequestOutcome.Answer("yes"u8.ToArray());
        Assert.That(Echo.TextOf(Ask(Echo.Ask(), 7)), Is.EqualTo("yes"));
        Assert.That(second.Asked.Select(a => a.Text), Is.EqualTo(new[] { "other:1", "other:2" }));
    }

    [TestCase(RequestStatus.Refused), TestCase(RequestStatus.Busy), TestCase(RequestStatus.Unsupported),
     TestCase(RequestStatus.TooSlow)]
    public void Request_ThePeersOwnWord_IsNotAskedForAtAnotherAddress(RequestStatus status)
    {
        _wire.InterceptRequest = (_, _, _) => Task.FromResult(RequestOutcome.None(status, "no"));
        var second = new Second("other");
        Node.Kernel.Attach(second);
        Put("many", 7, "wire:7", "other:1");
        Assert.That(Ask(Echo.Ask(), 7).Status, Is.EqualTo(status));
        Assert.That(second.Asked, Is.Empty);
    }

    [Test]
    public void Request_LargerThanATransportMoves_GoesOverOneThatMovesMore_ElseItIsTooLarge()
    {
        var large = Echo.Ask(new string('x', 1001));
        Assert.That(Ask(large).Status, Is.EqualTo(RequestStatus.TooLarge));
        var second = new Second("other");
        Node.Kernel.Attach(second);
        Put("many", 7, "wire:7", "other:1");
        second.Answer = (_, r) => RequestOutcome.Answer(r.Body[..1]);
        Assert.That(Echo.TextOf(Ask(large, 7)), Is.EqualTo("x"));
        second.Answer = (_, _) => RequestOutcome.None(RequestStatus.Failed, "no");
        Assert.That(Ask(large, 7).Status, Is.EqualTo(RequestStatus.TooLarge), "less may help");
    }

    [Test]
    public void Request_ATransportBringsMoreThanWasAskedFor_NothingOfItIsTaken()
    {
        _wire.InterceptRequest = (_, _, _) => Task.FromResult(RequestOutcome.Answer(new byte[11]));
        Assert.That(Ask(Echo.Ask(most: 11)).Body.Length, Is.EqualTo(11));
        var outcome = Ask(Echo.Ask(most: 10));
        Assert.That((outcome.Status, outcome.Body.Length), Is.EqualTo((RequestStatus.TooLarge, 0)));
    }

    [Test]
    public void Request_IsToldHowMuchTheTransportMoves()
    {
        var told = 0;
        _wire.InterceptRequest = (_, r, go) =>
        {
            told = r.MostAnswerBytes;
            return go();
        };
        Ask(Echo.Ask(most: 1_000_000));
        Assert.That(told, Is.EqualTo(_wire.RequestBounds.MaxAnswerBytes));
    }

    [Test]
    public void Request_ATransportThrows_IsAFailure()
    {
        _wire.InterceptRequest = (_, _, _) => throw new InvalidOperationException("broken");
        var outcome = Ask(Echo.Ask());
        Assert.That((outcome.Status, outcome.Reason),
            Is.EqualTo((RequestStatus.Failed, "the transport failed: broken")));
    }

    [Test]
    public void Request_ATransportNeverComesBack_IsLeftBehind()
    {
        _wire.InterceptRequest = (_, _, _) => new TaskCompletionSource<RequestOutcome>().Task;
        var asking = Node.Kernel.Requests.RequestAsync(There, Echo.Ask(), CancellationToken.None);
        _stage.Settle();
        Assert.That(asking.IsCompleted, Is.False);
        _stage.Advance(TimeSpan.FromMinutes(2));
        Assert.That(asking.Result.Status, Is.EqualTo(RequestStatus.Failed));
    }

    [Test]
    public void Request_Cancelled_EndsAtOnce_AndAsksNoFurther()
    {
        var second = new Second("other");
        Node.Kernel.Attach(second);
        Put("many", 7, "wire:7", "other:1");
        _wire.InterceptRequest = (_, _, _) => new TaskCompletionSource<RequestOutcome>().Task;
        using var cancel = new CancellationTokenSource();
        var asking = Node.Kernel.Requests.RequestAsync(TestNode.IdOf(7), Echo.Ask(), cancel.Token);
        cancel.Cancel();
        Assert.That(_stage.Run(() => asking).Status, Is.EqualTo(RequestStatus.Failed));
        Assert.That(second.Asked, Is.Empty);
    }

    [Test]
    public void Request_WithoutAProtocol_IsTheCallersMistake() =>
        Assert.That(() => Ask(Echo.Ask(protocol: "a b")), Throws.ArgumentException);

    private void Put(string name, byte seed, params string[] addresses) => Put(name, seed, false, addresses);

    private void Put(string name, byte seed, bool sendOnly, params string[] addresses) =>
        _stage.Run(() => Node.Kernel.Peers.PutAsync(new Peer(
            name, TestNode.IdOf(seed), [.. addresses.Select(a => new PeerAddress(a[..a.IndexOf(':')], a))])
        {
            SendOnly = sendOnly,
        }));

    private IEnumerable<string> AddressesOf(byte seed) =>
        Node.Kernel.Requests.AddressesOf(TestNode.IdOf(seed)).Select(a => a.Text);

    private RequestOutcome Ask(PeerRequest request, byte to = 2) =>
        _stage.Run(() => Node.Kernel.Requests.RequestAsync(TestNode.IdOf(to), request, CancellationToken.None));

    /// <summary>Moves frames only.</summary>
    private class Deaf(string scheme) : ITransport
    {
        public string Scheme => scheme;

        public int MaxFrameBytes => 1;

        public Task StartAsync(ITransportHost host, CancellationToken cancellation) => Task.CompletedTask;

        public Task<IReadOnlyList<SendOutcome>> SendAsync(
            PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<SendOutcome>>([]);

        public Task StopAsync(CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class Second(string scheme) : Deaf(scheme), IRequestTransport
    {
        public List<PeerAddress> Asked { get; } = [];

        public Func<PeerAddress, PeerRequest, RequestOutcome> Answer { get; set; } =
            (_, _) => RequestOutcome.None(RequestStatus.Failed, "nobody is there");

        public RequestBounds Bounds => new(10_000, 10_000);

        public Task<RequestOutcome> RequestAsync(
            PeerId peer, PeerAddress address, PeerRequest request, CancellationToken cancellation)
        {
            Asked.Add(address);
            return Task.FromResult(Answer(address, request));
        }
    }
}
