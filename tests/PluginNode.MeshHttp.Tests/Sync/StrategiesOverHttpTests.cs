using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>The strategies over real servers, among them some that mean no good.</summary>
[TestFixture]
internal sealed class StrategiesOverHttpTests
{
    private const long Hour = 3_600_000_000_000;
    private readonly List<IAsyncDisposable> _ends = [];
    private readonly List<Neighbour> _neighbours = [];
    private SyncEnd _alice = null!;

    [SetUp]
    public void SetUp()
    {
        _alice = new SyncEnd("alice");
        _neighbours.Clear();
    }

    [TearDown]
    public async Task TearDown()
    {
        await _alice.DisposeAsync();
        foreach (var end in _ends) await end.DisposeAsync();
        _ends.Clear();
    }

    private async Task<SyncEnd> AddAsync(string name, int events = 600)
    {
        var end = new SyncEnd(name, new MeshHttpOptions { SyncCallsPerSecond = 10_000 });
        _ends.Add(await end.StartAsync());
        end.Knows(_alice);
        for (var i = 0; i < events; i++) end.Ledger.Add((500_000 * Hour) + (i * Hour), i);
        _neighbours.Add(new Neighbour(name, end.Identity.Self, [TestNode.Parse(end.Transport.BoundAddress!)]));
        return end;
    }

    private void Add(string name, PeerAddress address) =>
        _neighbours.Add(new Neighbour(name, new KeyRing().NewSigner().Self, [address]));

    private ScriptedSession Session(SyncPurpose purpose = SyncPurpose.Boot) => new(
        new SyncPlan { Purpose = purpose, Neighbours = _neighbours, Profile = MemoryProfile.Medium, PageEvents = 100 },
        _alice.Ledger);

    private PagesStrategy Pages => new(_alice.Client, _alice.Ledger, TimeProvider.System);

    private SlicesStrategy Slices =>
        new(_alice.Client, _alice.Parts with { Ledger = new MemoryLedger() }, _alice.Peers, TimeProvider.System);

    [Test]
    public async Task Pages_OfNeighboursThatHoldTheSame_ComeOnce()
    {
        for (var n = 0; n < 4; n++) await AddAsync($"n{n}");
        var session = Session();

        var report = await Pages.SyncAsync(session, CancellationToken.None);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(_alice.Ledger.Days(), Is.EqualTo(((SyncEnd)_ends[0]).Ledger.Days()));
        Assert.That(session.ReceivedInAll, Is.EqualTo(600));
        Assert.That(session.Calls.Sum(c => c.Bytes), Is.GreaterThan(600 * 100));
    }

    [TestCase(true), TestCase(false)]
    public async Task Asked_ForSubjects_OnlyTheirEventsCome_AndTheNeighbourIsNotReadToItsEnd(bool pages)
    {
        await AddAsync("n0");
        var session = new ScriptedSession(
            Session(SyncPurpose.Asked).Plan with { Subjects = ["a3", "nobody"] }, _alice.Ledger);

        var report = await (pages ? (ISyncStrategy)Pages : Slices).SyncAsync(session, CancellationToken.None);

        Assert.That(report.Outcome, Is.EqualTo(pages ? SyncOutcome.Complete : SyncOutcome.Partial), report.Reason);
        Assert.That(report.ReadToEnd, Is.Empty);
        Assert.That(session.ReceivedInAll, Is.EqualTo(Enumerable.Range(0, 600).Count(i => i % 7 == 3)));
        Assert.That(_alice.Ledger.Count, Is.EqualTo(session.ReceivedInAll));
    }

    [Test]
    public async Task Pages_AmongHostileAndDeadNeighbours_AreWholeAndSayWhoWasNotRead()
    {
        await AddAsync("good");
        var stranger = await AddAsync("stranger");
        stranger.Knows("alice", stranger.Identity.Self);
        var impostor = await AddAsync("impostor");
        _neighbours[^1] = _neighbours[^1] with { Id = new KeyRing().NewSigner().Self };
        using (var closed = new TcpListener(IPAddress.Loopback, 0))
        {
            closed.Start();
            Add("dead", TestNode.Parse($"mesh+http://{closed.LocalEndpoint}"));
        }
        var garbage = new FakeServer(_ => FakeServer.Text("garbage\r\n\r\n"));
        var endless = new FakeServer(_ => FakeServer.Text(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"x\":"));
        _ends.AddRange([garbage, endless]);
        Add("garbage", garbage.Address);
        Add("endless", endless.Address);
        var session = Session();

        var report = await Pages.SyncAsync(session, CancellationToken.None);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.ReadToEnd, Is.EqualTo([_neighbours[0].Id]));
        Assert.That(_alice.Ledger.Count, Is.EqualTo(600));
        Assert.That(session.Received.Keys, Is.EqualTo(["good"]), "nothing of theirs was even looked at");
        Assert.That(report.Reason, Does.Contain("stranger: ").And.Contain("impostor: ").And.Contain("dead: ")
            .And.Contain("garbage: ").And.Contain("endless: "));
        Assert.That(
            session.Calls.Where(c => c.Neighbour.Name != "good").GroupBy(c => c.Neighbour.Name).Select(g => g.Count()),
            Is.All.EqualTo(3));
        Assert.That(session.Calls.Where(c => c.IsUnknownThere), Is.Empty, "all know the name");
        Assert.That(impostor.Logs.Lines, Is.Not.Null);
    }

    [Test]
    public async Task ANeighbourThatDoesNotKnowThisNode_IsSaidToRefuseIt()
    {
        var beta = await AddAsync("beta");
        beta.Forgets(_alice);
        var session = Session();

        var report = await Pages.SyncAsync(session, CancellationToken.None);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed), report.Reason);
        Assert.That(session.Calls.Select(c => c.IsUnknownThere), Is.Not.Empty.And.All.True);
    }

    [Test]
    public async Task Samples_AndSlices_ComeFromRealServers()
    {
        for (var n = 0; n < 3; n++) await AddAsync($"n{n}");
        var time = TimeProvider.System;

        var sample = Session();
        var sampled = await new SampleStrategy(_alice.Client, time).SyncAsync(sample, CancellationToken.None);
        Assert.That(sampled.Outcome, Is.EqualTo(SyncOutcome.Partial), sampled.Reason);
        Assert.That(_alice.Ledger.Count, Is.EqualTo(100), "this ledger's sample is always the same");
        var slices = Session();
        var sliced = await Slices.SyncAsync(slices, CancellationToken.None);

        Assert.That(sliced.Outcome, Is.EqualTo(SyncOutcome.Partial), sliced.Reason);
        Assert.That(slices.Calls.Select(c => c.Failure), Is.All.Null);
    }

    /// <summary>Keys come from the peer list and from events that announce them: no address is asked for one, whatever
    /// events say where somebody is.</summary>
    [Test]
    public async Task Keys_AreAskedForNowhere()
    {
        var beta = await AddAsync("beta");
        await using var elsewhere = new FakeServer(_ => (byte[]?)null);
        beta.Ledger.Add(new JsonObject
        {
            ["id"] = "00000000000000000000000000000007", ["ts"] = 500_001 * Hour, ["svc"] = "hey-there",
            ["emitter"] = "carol",
            ["hey_there"] = new JsonObject
            {
                ["From"] = "carol", ["PublicKey"] = "", ["MeshIP"] = elsewhere.Url.Authority, ["ID"] = "",
            },
        });
        var asked = new ConcurrentQueue<string>();
        await using var watched = new FakeServer(head =>
        {
            asked.Enqueue(head.Split(' ')[1]);
            return FakeServer.Text("HTTP/1.1 500 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        Add("watched", watched.Address);
        var time = TimeProvider.System;
        foreach (var strategy in new ISyncStrategy[]
        {
            Pages, new SampleStrategy(_alice.Client, time), Slices,
        })
            await strategy.SyncAsync(Session(), CancellationToken.None);
        await new NeighbourDays(_alice.Client, TimeProvider.System).DaysAsync(_neighbours[^1], CancellationToken.None);

        Assert.That(_alice.Ledger.Find(new Events.EventId(7)), Is.Not.Null);
        Assert.That(asked.Distinct(), Is.EquivalentTo(["/events/sync", "/pluginnode/days"]));
        Assert.That(elsewhere.Requests, Is.Zero);
    }

    [Test]
    public async Task Days_AreTheNeighboursOrUnknown()
    {
        var beta = await AddAsync("beta");
        var days = new NeighbourDays(_alice.Client, TimeProvider.System);
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var dead = TestNode.Parse($"mesh+http://{closed.LocalEndpoint}");
        closed.Stop();

        var found = _neighbours[0] with { Addresses = [dead, .. _neighbours[0].Addresses] };
        Assert.That(await days.DaysAsync(found, CancellationToken.None), Is.EqualTo(beta.Ledger.Days()));
        Assert.That(await days.DaysAsync(found with { Addresses = [dead] }, CancellationToken.None), Is.Null);
        var elsewhere = found with { Addresses = [TestNode.Parse("mqtt:beta")] };
        Assert.That(await days.DaysAsync(elsewhere, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task ANodeThatOnlyListens_AsksAndDoesNotAnswer()
    {
        var beta = await AddAsync("beta");
        var silent = new SyncEnd("silent") { Answers = false };
        _ends.Add(await silent.StartAsync());
        silent.Knows(_alice);
        beta.Knows(silent);
        var session = new ScriptedSession(Session().Plan, silent.Ledger);

        var report = await new PagesStrategy(silent.Client, silent.Ledger, TimeProvider.System)
            .SyncAsync(session, CancellationToken.None);
        var asked = await _alice.Client.AskAsync(silent.Neighbour, new Wire.SyncRequest(), CancellationToken.None);
        var days = await _alice.Client.DaysAsync(silent.Neighbour, CancellationToken.None);
        using var http = new HttpClient();
        var ping = await http.GetStringAsync(new Uri(silent.Url, "/ping"));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(silent.Ledger.Count, Is.EqualTo(600));
        Assert.That(asked.Status, Is.EqualTo(404));
        Assert.That(days.Reply.Status, Is.EqualTo(404));
        Assert.That(ping, Does.Contain("\"from\":\"silent\"").And.Contain("[\"frames\"]"));
    }

    [Test]
    public async Task ACallTime_EndsACall()
    {
        var silent = new FakeServer(_ => (byte[]?)null);
        _ends.Add(silent);
        Add("silent", silent.Address);
        var time = new ManualTime();
        var end = new SyncEnd("alice", time: time);
        _ends.Add(end);

        var asking = end.Client.AskAsync(
            new SyncNeighbour("silent", _neighbours[0].Id, silent.Address), new Wire.SyncRequest(),
            TimeSpan.FromSeconds(2), CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(2));
        var reply = await asking;

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Unreachable));
        Assert.That(reply.Reason, Is.EqualTo("no answer within 00:00:02"));
    }
}
