using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Conformance.Fakes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Sync;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Wire;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>Who is asked about whom, and what becomes of the share of somebody who is silent.</summary>
[TestFixture]
internal sealed class LedgerStrategyTests
{
    private readonly SeededChance _chance = SeededChance.Printed();
    private MemoryLedger _ledger = null!;
    private MemoryPeers _peers = null!;
    private ScriptedCalls _calls = null!;
    private ScriptedSession _session = null!;

    [SetUp]
    public void SetUp() => (_ledger, _peers, _calls) = (new MemoryLedger(), new MemoryPeers(), new ScriptedCalls());

    [Test]
    public async Task Subjects_AreAllWhoAreKnown_AndCutAsNaraCutsThem()
    {
        _ledger.Known.AddRange(["carol", "ñandú-7", "erin"]);
        var neighbours = Neighbours("alice", "bob", "dave");
        var report = await RunAsync(Plan(MemoryProfile.Medium, neighbours));

        var parts = Partition.Of(["alice", "bob", "carol", "dave", "erin", "me", "ñandú-7"], 3);
        var expected = parts.Select((part, i) => (neighbours[i].Name, part)).Where(p => p.part.Count > 0);
        Assert.That(
            _calls.Naras.OrderBy(n => n.Name, StringComparer.Ordinal).Select(n => (n.Name, n.Subjects.ToList())),
            Is.EqualTo(expected));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial), report.Reason);
        Assert.That(_session.Calls.Select(c => c.Failure), Is.All.Null);
    }

    [Test]
    public async Task Subjects_OfThePlan_AreAllThatIsAskedFor()
    {
        _ledger.Known.AddRange(["carol", "erin"]);
        await RunAsync(Plan(MemoryProfile.Medium, Neighbours("alice")) with
        {
            Purpose = SyncPurpose.Asked, Subjects = ["erin", "zoe"],
        });
        Assert.That(_calls.Naras.Single().Subjects, Is.EqualTo(new[] { "erin", "zoe" }));
    }

    [Test]
    public async Task Neighbours_AreFive_AndTwoInTheShortProfile([Values] bool isShort)
    {
        _ledger.Known.AddRange(Enumerable.Range(0, 50).Select(i => $"subject-{i}"));
        var plan = Plan(
            isShort ? MemoryProfile.Short : MemoryProfile.Medium, Neighbours("a", "b", "c", "d", "e", "f", "g"));
        await RunAsync(plan);
        Assert.That(
            _calls.Naras.Select(n => n.Name).Distinct().Order(),
            Is.EqualTo(isShort ? ["a", "b"] : (string[])["a", "b", "c", "d", "e"]));
    }

    [Test]
    public async Task AShareOfWhoIsSilent_IsAskedOfAnother_AndTheReportSaysSo()
    {
        _ledger.Known.AddRange(Enumerable.Range(0, 20).Select(i => $"subject-{i}"));
        _calls.OnNara = (name, _) => name == "b" ? new NaraReply([], 0, "no answer within 00:00:05")
            : new NaraReply([], 30, null);
        var report = await RunAsync(Plan(MemoryProfile.Medium, Neighbours("a", "b", "c")));

        var shareOfB = _calls.Naras.Single(n => n.Name == "b").Subjects;
        Assert.That(shareOfB, Is.Not.Empty);
        Assert.That(
            _calls.Naras.Where(n => n.Name == "c").Select(n => n.Subjects), Has.Some.EqualTo(shareOfB),
            "the next one is asked");
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Does.Contain("b: no answer within"));
        Assert.That(_session.Calls.Count(c => c.Failure is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task WhoeverIsSilent_IsAskedOnce_AndNobodyLeftIsAFailure()
    {
        _ledger.Known.AddRange(Enumerable.Range(0, 20).Select(i => $"subject-{i}"));
        _calls.OnNara = (_, _) => new NaraReply([], 0, "silent");
        var report = await RunAsync(Plan(MemoryProfile.Medium, Neighbours("a", "b", "c")));
        Assert.That(_calls.Naras.Select(n => n.Name), Is.EquivalentTo((string[])["a", "b", "c"]));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
    }

    [Test]
    public async Task EventsInTheOlderForm_GoToTheMerge_Unsigned_WithTheirOwnIds()
    {
        var social = new NaraSocial(1_768_900_000_123_457_589, "tease", "alice", "bob", "high-restarts", "");
        _calls.OnNara = (_, _) => new NaraReply([social], 200, null);
        var seen = new List<JsonNode>();
        var report = await RunAsync(Plan(MemoryProfile.Medium, Neighbours("alice")), e =>
        {
            seen.Add(e);
            return EventVerdict.Unsigned;
        });
        Assert.That(seen, Has.Count.EqualTo(1));
        Assert.That((string)seen[0]["id"]!, Is.EqualTo("62dd264e350d698a5eade651f91bf6f2"));
        Assert.That(seen[0]["sig"], Is.Null);
        Assert.That(report.Reason, Does.Contain("hearsay"));
        Assert.That(_ledger.Count, Is.Zero);
    }

    [Test]
    public async Task APluginNode_IsReadPageByPage_AndWhoTurnsUpInItsEvents_IsAskedForToo()
    {
        var plan = Plan(MemoryProfile.Medium, Neighbours("alice"));
        _calls.OnPage = (_, ask) => ask.Subjects.Contains("new")
            ? new PageReply([Json(5)], "", null)
            : ask.After is null ? new PageReply([Json(1), Json(2)], $"2:{Id(2)}", null)
            : new PageReply([Json(3)], "", null);
        await RunAsync(plan, e =>
        {
            if ((long)e["ts"]! == 3) _ledger.Known.Add("new");
            return EventVerdict.Valid;
        });
        Assert.That(
            _calls.Pages.Select(p => (string.Join(',', p.Ask.Subjects), p.Ask.After)),
            Is.EqualTo(new (string, string?)[]
            {
                ("alice,me", null), ("alice,me", $"2:{Id(2)}"), ("new", null),
            }));
        Assert.That(_calls.Naras, Is.Empty);
        Assert.That(_ledger.Count, Is.EqualTo(4));
    }

    [Test]
    public async Task APluginNodeThatHasToldSome_AndIsAskedTooOften_IsAskedOnceMore([Values] bool recovers)
    {
        var refusals = 0;
        _calls.OnPage = (_, ask) => ask.After is null ? new PageReply([Json(1)], "1", null)
            : refusals++ == 0 || !recovers ? new PageReply([], "", "too many requests")
            : new PageReply([Json(2)], "", null);
        var report = await RunAsync(Plan(MemoryProfile.Medium, Neighbours("alice")));
        Assert.That(_calls.Pages.Select(p => p.Ask.After), Is.EqualTo(new[] { null, "1", "1" }));
        Assert.That(report.Outcome, Is.EqualTo(recovers ? SyncOutcome.Partial : SyncOutcome.Failed), report.Reason);
        Assert.That(_ledger.Count, Is.EqualTo(recovers ? 2 : 1));
    }

    [TestCase("1", Description = "it does not move on")]
    [TestCase("x", Description = "it is none")]
    public async Task AHostileCursor_EndsTheRun(string again)
    {
        _calls.OnPage = (_, ask) => new PageReply([Json(1)], ask.After is null ? "1" : again, null);
        var report = await RunAsync(Plan(MemoryProfile.Medium, Neighbours("alice")));
        Assert.That(_calls.Pages, Has.Count.EqualTo(2));
        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Failed));
        Assert.That(report.Reason, Does.Contain("does not lie behind"));
    }

    [Test]
    public async Task WithoutNeighbours_OrForCheckpoints_NobodyIsAsked()
    {
        var other = new Neighbour("a", SomePeers.New(_chance), [Address("mesh+http://127.0.0.1:1")]);
        Assert.That(
            (await RunAsync(Plan(MemoryProfile.Medium, [other]))).Outcome, Is.EqualTo(SyncOutcome.Unavailable));
        var plan = Plan(MemoryProfile.Medium, Neighbours("a")) with { Purpose = SyncPurpose.Checkpoints };
        Assert.That((await RunAsync(plan)).Outcome, Is.EqualTo(SyncOutcome.Unavailable));
        Assert.That(_calls.Naras, Is.Empty);
    }

    [Test]
    public async Task ManyNames_GoInSeveralRequests()
    {
        _ledger.Known.AddRange(Enumerable.Range(0, 2_000).Select(i => $"{new string('n', 60)}{i}"));
        await RunAsync(Plan(MemoryProfile.Medium, Neighbours("a")));
        Assert.That(_calls.Naras, Has.Count.GreaterThan(1));
        Assert.That(
            _calls.Naras.Select(n => n.Subjects.Sum(s => s.Length)), Is.All.LessThan(LedgerRun.MostRequestBytes));
        Assert.That(_calls.Naras.SelectMany(n => n.Subjects).Distinct().Count(), Is.EqualTo(2_002));
    }

    private static PeerAddress Address(string text) =>
        PeerAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    private static string Id(int number) => new EventId((UInt128)number).ToString();

    private static ReadOnlyMemory<byte> Json(int number) => Encoding.UTF8.GetBytes(
        $$$"""{"id":"{{{Id(number)}}}","ts":{{{number}}},"svc":"social","emitter":"e","social":{"actor":"alice"}}""");

    private static SyncPlan Plan(MemoryProfile profile, IReadOnlyList<Neighbour> neighbours) =>
        new() { Purpose = SyncPurpose.Boot, Neighbours = neighbours, Profile = profile };

    private Neighbour[] Neighbours(params string[] names) =>
        [.. names.Select(n => new Neighbour(n, SomePeers.New(_chance), [Address($"mqtt:{n}")]))];

    private Task<SyncReport> RunAsync(SyncPlan plan, Func<JsonNode, EventVerdict>? judge = null)
    {
        _session = new ScriptedSession(plan, _ledger);
        if (judge is not null) _session.Judge = judge;
        var strategy = new LedgerStrategy(
            () => _calls, new LedgerParts(_ledger, _ledger, "me", null), _peers, TimeSpan.FromSeconds(5),
            TimeProvider.System);
        return strategy.SyncAsync(_session, CancellationToken.None);
    }
}
