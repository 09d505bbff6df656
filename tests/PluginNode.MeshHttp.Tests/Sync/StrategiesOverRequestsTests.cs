using System.Text;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>The strategies over another transport that can ask.</summary>
[TestFixture]
internal sealed class StrategiesOverRequestsTests
{
    private const long Hour = 3_600_000_000_000;

    private readonly List<IAsyncDisposable> _ends = [];
    private readonly List<Neighbour> _neighbours = [];
    private SyncEnd _alice = null!;
    private SyncClient _client = null!;
    private DirectRequests _requests = null!;

    [SetUp]
    public void SetUp()
    {
        _alice = new SyncEnd("alice");
        _requests = new DirectRequests(_alice.Identity.Self);
        _client = new SyncClient(_alice.Options, _alice.Node, _alice.Parts, _requests);
        _neighbours.Clear();
    }

    [TearDown]
    public async Task TearDown()
    {
        _client.Dispose();
        await _alice.DisposeAsync();
        foreach (var end in _ends) await end.DisposeAsync();
        _ends.Clear();
    }

    [Test]
    public async Task Pages_OfNeighboursWithoutAMeshAddress_AreComplete()
    {
        for (var n = 0; n < 3; n++) Add($"n{n}");
        var session = Session();
        var report = await Pages.SyncAsync(session, CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.EqualTo(_neighbours.Select(n => n.Id)));
        Assert.That(_alice.Ledger.Days(), Is.EqualTo(((SyncEnd)_ends[0]).Ledger.Days()));
        Assert.That(session.ReceivedInAll, Is.EqualTo(600), "their days were asked for, and they agree");
        Assert.That(_requests.Asked.Select(a => a.Protocol).Distinct(),
            Is.EquivalentTo(new[] { SyncProtocols.Events, SyncProtocols.Days }));
    }

    [Test]
    public async Task SampleAndSlices_BringEvents()
    {
        Add("one");
        var known = new MemoryLedger { Known = { "a0", "a1", "a2", "a3", "a4", "a5", "a6" } };
        var sample = new SampleStrategy(_client, TimeProvider.System);
        var slices = new SlicesStrategy(
            _client, _alice.Parts with { Ledger = known }, _alice.Peers, TimeProvider.System);
        foreach (var (strategy, events) in ((ISyncStrategy, int)[])[(sample, 100), (slices, 600)])
        {
            var report = await strategy.SyncAsync(Session(), CancellationToken.None);
            Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial), report.Reason);
            Assert.That(_alice.Ledger.Count, Is.EqualTo(events));
        }
    }

    [Test]
    public async Task Names_MayDifferAtBothEnds_AsTheTransportProvesWhoItIs()
    {
        Add("what alice calls it", itsName: "what it calls itself");
        var report = await Pages.SyncAsync(Session(), CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
    }

    [Test]
    public async Task NeighboursOfBothKinds_AreReadSideBySide()
    {
        Add("other");
        var http = Add("http", askable: false);
        http.Ledger.Add(400_000 * Hour, 7);
        await http.StartAsync();
        http.Knows(_alice);
        _neighbours[^1] = _neighbours[^1] with { Addresses = [TestNode.Parse(http.Transport.BoundAddress!)] };
        var report = await Pages.SyncAsync(Session(), CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_alice.Ledger.Count, Is.EqualTo(601));
    }

    [Test]
    public async Task Addresses_AreTriedInTheirOrder_AlsoAcrossTransports()
    {
        var http = Add("both", askable: false);
        await http.StartAsync();
        http.Knows(_alice);
        var mesh = TestNode.Parse(http.Transport.BoundAddress!);
        var other = new PeerAddress("/", "/ip4/127.0.0.1/tcp/1");
        _requests.Add(http.Identity.Self, other, null); // nobody is there
        _neighbours[^1] = _neighbours[^1] with { Addresses = [other, mesh] };
        Assert.That(_client.AddressesOf(_neighbours[^1]), Is.EqualTo(new[] { other, mesh }));
        var report = await Pages.SyncAsync(Session(), CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_requests.Asked, Is.Not.Empty);

        _requests.Asked.Clear();
        _neighbours[^1] = _neighbours[^1] with { Addresses = [mesh, other] };
        await Pages.SyncAsync(Session(), CancellationToken.None);
        Assert.That(_requests.Asked, Is.Empty, "the first one answered");
    }

    [Test]
    public async Task ANeighbourThatNoTransportCanAsk_IsNone()
    {
        Add("deaf", askable: false);
        var report = await Pages.SyncAsync(Session(), CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Unavailable));
        var days = new NeighbourDays(_client, TimeProvider.System);
        Assert.That(await days.DaysAsync(_neighbours[0], CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Days_AreToldForCoverage()
    {
        var one = Add("one");
        var days = await new NeighbourDays(_client, TimeProvider.System)
            .DaysAsync(_neighbours[0], CancellationToken.None);
        Assert.That(days, Is.EqualTo(one.Ledger.Days()));
    }

    [Test]
    public async Task ATransportThatMovesLittle_IsAskedForLess_AndItIsComplete()
    {
        Add("one");
        _requests.Bounds = _requests.Bounds with { MaxAnswerBytes = 20_000 };
        var report = await Pages.SyncAsync(Session(page: 5_000), CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_alice.Ledger.Count, Is.EqualTo(600));
    }

    [Test]
    public async Task ANodeThatOnlyListens_DoesNotAnswer_AndAsksAllTheSame()
    {
        Add("listens", answers: false);
        var session = Session();
        var report = await Pages.SyncAsync(session, CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(session.Calls.Select(c => c.Failure).Distinct(), Is.EqualTo(new[] { "this node only listens" }));
        Assert.That(session.Calls.Count, Is.EqualTo(3), "that it has no days is no failure");
    }

    [Test]
    public async Task ANeighbourThatDoesNotKnowThisNode_IsSaidToRefuseIt()
    {
        Add("one");
        _requests.Instead = _ => RequestOutcome.None(RequestStatus.Refused, "unknown sender");
        var session = Session();
        var report = await Pages.SyncAsync(session, CancellationToken.None);
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(session.Calls.All(c => c.IsUnknownThere));
    }

    [TestCase(RequestStatus.Failed, AskOutcome.Unreachable)]
    [TestCase(RequestStatus.Unsupported, AskOutcome.Refused)]
    [TestCase(RequestStatus.Refused, AskOutcome.Refused)]
    [TestCase(RequestStatus.Busy, AskOutcome.Busy)]
    [TestCase(RequestStatus.TooLarge, AskOutcome.TooLarge)]
    [TestCase(RequestStatus.TooSlow, AskOutcome.TooSlow)]
    public async Task WhatIsNoAnswer_IsSaidAsIt(RequestStatus status, object outcome)
    {
        Add("one");
        _requests.Instead = _ => RequestOutcome.None(status, "why");
        var reply = await AskAsync();
        Assert.That((reply.Outcome, reply.Reason, reply.HasAnswer), Is.EqualTo(((AskOutcome)outcome, "why", false)));
    }

    [TestCase("")]
    [TestCase("garbage")]
    [TestCase("""{"from":"x","events":[""")]
    [TestCase("""{"from":"x","events":{}}""")]
    public async Task Garbage_IsNoAnswer(string body)
    {
        Add("one");
        _requests.Instead = _ => RequestOutcome.Answer(Encoding.UTF8.GetBytes(body));
        Assert.That((await AskAsync()).Outcome, Is.EqualTo(AskOutcome.Malformed));
    }

    [Test]
    public async Task Cancelled_Throws_AndNoTimeIsTheNeighboursFault()
    {
        Add("one");
        using var cancel = new CancellationTokenSource();
        _requests.Instead = _ =>
        {
            cancel.Cancel();
            return RequestOutcome.None(RequestStatus.Failed, "cancelled");
        };
        Assert.That(() => AskAsync(cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        await Task.CompletedTask;
    }

    private PagesStrategy Pages => new(_client, _alice.Ledger, TimeProvider.System);

    private ScriptedSession Session(int page = 100) => new(
        new SyncPlan
        {
            Purpose = SyncPurpose.Boot, Neighbours = _neighbours, Profile = MemoryProfile.Medium, PageEvents = page,
        },
        _alice.Ledger);

    private SyncEnd Add(string name, bool askable = true, string? itsName = null, bool answers = true)
    {
        var options = new MeshHttpOptions { SyncCallsPerSecond = 10_000 };
        var end = new SyncEnd(itsName ?? name, options) { Answers = answers };
        _ends.Add(end);
        for (var i = 0; i < 600; i++) end.Ledger.Add((500_000 * Hour) + (i * Hour), i);
        var address = new PeerAddress("/", $"/ip4/127.0.0.1/tcp/{_ends.Count}");
        if (askable) _requests.Add(end.Identity.Self, address, end);
        _neighbours.Add(new Neighbour(name, end.Identity.Self, [address]));
        return end;
    }

    private Task<SyncReply> AskAsync(CancellationToken cancellation = default) => _client.AskAsync(
        new SyncNeighbour("one", _neighbours[0].Id, _neighbours[0].Addresses[0]),
        new SyncRequest { Mode = SyncRequest.Page, PageSize = 50 }, cancellation);
}
