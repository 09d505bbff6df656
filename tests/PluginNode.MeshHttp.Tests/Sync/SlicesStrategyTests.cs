using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>What <c>mesh-slices</c> asks of whom, without a network between.</summary>
[TestFixture]
internal sealed class SlicesStrategyTests
{
    private MemoryLedger _ours = null!;
    private ScriptedNeighbours _calls = null!;

    [SetUp]
    public void SetUp() => (_ours, _calls) = (new MemoryLedger(), new ScriptedNeighbours());

    private ScriptedSession Session(SyncPurpose purpose = SyncPurpose.Boot, long since = 0) => new(
        new SyncPlan { Purpose = purpose, Neighbours = _calls.Plan(since), Profile = MemoryProfile.Medium }, _ours);

    private async Task<SyncReport> SyncAsync(ScriptedSession session)
    {
        await using var end = new SyncEnd("alice");
        end.Peers.Add("listed", end.Identity.Self);
        end.Knows("learned", end.Identity.Self);
        return await new SlicesStrategy(_calls, end.Parts with { Ledger = _ours }, end.Peers, new ManualTime())
            .SyncAsync(session, CancellationToken.None);
    }

    [Test]
    public async Task ThreeNeighbours_GiveTheTargetInSlicesThatAnAnswerHolds()
    {
        for (var n = 0; n < 3; n++)
        {
            var neighbour = _calls.Add($"n{n}");
            for (var i = 1; i <= 1003; i++) neighbour.Ledger.Add(i, i);
        }
        _ours.Known.Add("offline");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial), "nobody can tell whether that is all");
        Assert.That(_ours.Count, Is.EqualTo(1003), "equal ledgers are cut alike");
        Assert.That(
            _calls.Asked.Select(a => (a.Request.SliceIndex, a.Request.SliceTotal, a.Request.MaxEvents)),
            Is.EquivalentTo(Enumerable.Range(0, 10).Select(i => ((long)i, 10L, 5000L))));
        Assert.That(_calls.Asked.GroupBy(a => a.Name).Select(g => g.Count()), Is.EquivalentTo([4, 3, 3]));
        Assert.That(
            _calls.Asked.First().Request.Subjects,
            Is.EquivalentTo(["alice", "learned", "listed", "n0", "n1", "n2", "offline"]));
    }

    [Test]
    public async Task ManyNeighbours_AreAskedForAHundredAtLeast()
    {
        for (var n = 0; n < 600; n++) _calls.Add($"n{n}");

        await SyncAsync(Session());

        Assert.That(
            _calls.Asked.Select(a => (a.Request.SliceTotal, a.Request.MaxEvents)), Is.All.EqualTo((600L, 100L)));
    }

    [Test]
    public async Task AnEmptySlice_IsAnAnswer()
    {
        for (var n = 0; n < 3; n++) _calls.Add($"n{n}");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial), report.Reason);
        Assert.That(_calls.Asked, Has.Count.EqualTo(10), "none is asked for again");
    }

    [Test]
    public async Task SlicesThatFail_AreAskedOfThoseThatAnswered()
    {
        for (var n = 0; n < 3; n++)
        {
            var neighbour = _calls.Add($"n{n}");
            for (var i = 1; i <= 1000; i++) neighbour.Ledger.Add(i, i);
            if (n > 0) neighbour.Answer = _ => SyncReply.Failed(AskOutcome.Unreachable, "as scripted");
        }

        var report = await SyncAsync(Session());

        Assert.That(_ours.Count, Is.EqualTo(1000));
        Assert.That(report.Reason, Does.EndWith("n1: as scripted; n2: as scripted"));
        Assert.That(
            _calls.Asked.GroupBy(a => a.Request.SliceIndex).Select(g => g.Count(a => a.Name != "n0")),
            Is.All.LessThanOrEqualTo(1), "none goes from one that fails to the other");
    }

    [Test]
    public async Task ASliceThatIsTooMuch_IsCut()
    {
        var beta = _calls.Add("beta");
        for (var i = 1; i <= 1000; i++) beta.Ledger.Add(i, i);
        beta.Answer = request => request.SliceTotal == 10 && request.SliceIndex == 7
            ? SyncReply.Failed(AskOutcome.TooLarge, "as scripted") : null;

        await SyncAsync(Session());

        Assert.That(_ours.Count, Is.EqualTo(1000));
        Assert.That(
            _calls.Asked.Select(a => a.Request).Where(r => r.SliceTotal == 20).Select(r => (r.SliceIndex, r.MaxEvents)),
            Is.EquivalentTo([(7L, 2500L), (17L, 2500L)]));
    }

    [Test]
    public async Task AllThatFail_AreAFailure()
    {
        for (var n = 0; n < 2; n++)
            _calls.Add($"n{n}").Answer = _ => SyncReply.Failed(AskOutcome.Unreachable, "as scripted");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(report.Reason, Does.StartWith("0 slices came, 10 did not; n0: as scripted"));
    }

    [Test]
    public async Task Background_AsksForWhatIsNew()
    {
        var beta = _calls.Add("beta");
        for (var i = 1; i <= 100; i++) beta.Ledger.Add(i, i);

        await SyncAsync(Session(SyncPurpose.Background, since: 91));

        Assert.That(_ours.Count, Is.EqualTo(10));
    }

    [Test]
    public async Task Subjects_ThatAreTooManyForARequest_AreLeftOut()
    {
        _calls.Add("beta");
        for (var i = 0; i < 6000; i++) _ours.Known.Add($"{i}{new string('x', 100)}");

        await SyncAsync(Session());

        Assert.That(_calls.Asked.Select(a => a.Request.Subjects), Is.All.Null);
    }

    [Test]
    public async Task Checkpoints_AreNotServed()
    {
        _calls.Add("beta");

        Assert.That(
            (await SyncAsync(Session(SyncPurpose.Checkpoints))).Outcome, Is.EqualTo(SyncOutcome.Unavailable));
    }
}
