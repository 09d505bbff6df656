using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What <c>mesh-sample</c> asks of whom, without a network between.</summary>
[TestFixture]
internal sealed class SampleStrategyTests
{
    private MemoryLedger _ours = null!;
    private ScriptedNeighbours _calls = null!;
    private int _next;

    [SetUp]
    public void SetUp() => (_ours, _calls, _next) = (new MemoryLedger(), new ScriptedNeighbours(), 0);

    private ScriptedSession Session(MemoryProfile? profile = null, SyncPurpose purpose = SyncPurpose.Boot) => new(
        new SyncPlan
        {
            Purpose = purpose, Neighbours = _calls.Plan(), Profile = profile ?? MemoryProfile.Short, PageEvents = 500,
        },
        _ours);

    private Task<SyncReport> SyncAsync(ScriptedSession session) =>
        new SampleStrategy(_calls, new ManualTime()).SyncAsync(session, CancellationToken.None);

    // every call brings three that nobody gave before
    private ScriptedNeighbour AddGiving(string name)
    {
        var neighbour = _calls.Add(name, isPluginNode: false);
        neighbour.Answer = _ =>
        {
            var ledger = new MemoryLedger();
            var source = new ScriptedNeighbour(name, neighbour.Id);
            for (var i = 0; i < 3; i++)
            {
                var number = Interlocked.Increment(ref _next);
                source.Ledger.Add(number, number);
            }
            return source.Truth(new SyncRequest { Mode = SyncRequest.Sample, SampleSize = 500 });
        };
        return neighbour;
    }

    [Test]
    public async Task Capacity_IsAskedForRoundRobin()
    {
        for (var n = 0; n < 4; n++) AddGiving($"n{n}");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial), "a sample is never all");
        Assert.That(report.ReadToEnd, Is.Empty);
        Assert.That(_calls.Asked, Has.Count.EqualTo(10), "5 000 in calls of 500");
        Assert.That(_calls.Asked.GroupBy(a => a.Name).Select(g => g.Count()), Is.EquivalentTo([3, 3, 2, 2]));
        Assert.That(_calls.Asked.Select(a => (a.Request.Mode, a.Request.SampleSize)), Is.All.EqualTo(("sample", 500L)));
        Assert.That(_calls.MostUnderWay, Is.LessThanOrEqualTo(3));
        Assert.That(_ours.Count, Is.EqualTo(30));
    }

    [Test]
    public async Task AShortMemory_AsksFourNeighbours()
    {
        for (var n = 0; n < 6; n++) AddGiving($"n{n}");

        await SyncAsync(Session());

        Assert.That(_calls.Asked.Select(a => a.Name).Distinct(), Is.EquivalentTo(["n0", "n1", "n2", "n3"]));
    }

    [Test]
    public async Task CallsThatFail_AreMadeElsewhere()
    {
        AddGiving("good");
        _calls.Add("bad").Answer = _ => SyncReply.Failed(AskOutcome.Malformed, "as scripted");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Is.EqualTo("a sample of 10 calls; bad: as scripted"));
        Assert.That(_ours.Count, Is.EqualTo(30), "all ten came");
        Assert.That(_calls.Asked.Count(a => a.Name == "bad"), Is.LessThanOrEqualTo(5));
    }

    [Test]
    public async Task MoreThanHalfOfTheCallsThatFail_AreGivenUp()
    {
        for (var n = 0; n < 2; n++)
            _calls.Add($"n{n}").Answer = _ => SyncReply.Failed(AskOutcome.Unreachable, "as scripted");
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(report.Reason, Does.StartWith("given up, as 6 of 10 calls failed; n0: as scripted; n1"));
        Assert.That(session.Calls.All(c => c.Failure is not null), Is.True);
        Assert.That(_calls.Asked, Has.Count.LessThan(12), "each of them is left out in time");
    }

    [Test]
    public async Task CallsThatBringNothingNew_EndIt()
    {
        for (var n = 0; n < 2; n++)
        {
            var neighbour = _calls.Add($"n{n}");
            for (var i = 1; i <= 20; i++) neighbour.Ledger.Add(i, i);
        }

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Does.Contain("nothing new"));
        Assert.That(_calls.Asked, Has.Count.LessThan(10));
        Assert.That(_ours.Count, Is.EqualTo(20));
    }

    [Test]
    public async Task EmptyAnswers_AreNoRecovery()
    {
        for (var n = 0; n < 3; n++) _calls.Add($"n{n}");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
    }

    [Test]
    public async Task AnOlderPeer_IsNotAskedTheSameTenTimes()
    {
        var older = _calls.Add("older", isPluginNode: false);
        var old = new ScriptedNeighbour("older", older.Id) { IsOlder = true };
        for (var i = 1; i <= 6000; i++) old.Ledger.Add(i, i);
        older.Answer = old.Truth;

        var report = await SyncAsync(Session(MemoryProfile.Medium));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Does.Contain("older peer"));
        Assert.That(_calls.Asked, Has.Count.EqualTo(1));
    }

    [TestCase(SyncPurpose.Background)]
    [TestCase(SyncPurpose.Checkpoints)]
    public async Task OtherPurposes_AreNotServed(SyncPurpose purpose)
    {
        AddGiving("n");

        var report = await SyncAsync(Session(purpose: purpose));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Unavailable));
        Assert.That(_calls.Asked, Is.Empty);
    }
}
