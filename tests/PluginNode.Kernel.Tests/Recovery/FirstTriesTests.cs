using Microsoft.Extensions.Logging;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>Who is waited for, how long, and how often.</summary>
[TestFixture]
public sealed class FirstTriesTests : RecoveryFixture
{
    [Test]
    public void Begin_NeighboursKnown_StartsAtOnce()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete));
        var node = Node().Attach(strategy).Begin();
        Assert.Multiple(() =>
        {
            Assert.That(strategy.Runs, Has.Count.EqualTo(1));
            Assert.That(strategy.Runs[0].Plan.Purpose, Is.EqualTo(SyncPurpose.Boot));
            Assert.That(
                strategy.Runs[0].Plan.Neighbours.Select(n => (n.Name, n.Since)), Is.EqualTo(new[] { ("p2", 0L) }));
            Assert.That((node.State.Phase, node.State.Attempt), Is.EqualTo((RecoveryPhase.Recovered, 1)));
            Assert.That(node.State.SignatureChecks, Does.StartWith("lib"));
        });
    }

    [Test]
    public void NoNeighbours_WaitsThirtySeconds_AndStartsWhenOneIsAdded()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete));
        var node = Node(knows: [1]).Attach(strategy).Begin();
        Stage.Advance(Seconds(20));
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Waiting));
        Add(node, 2);
        Assert.That(strategy.Runs.Select(r => r.At), Is.EqualTo(new[] { Stage.Now }));
    }

    [Test]
    public void APeerWithoutAnAddress_IsNoNeighbour()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete));
        var node = Node(knows: [1]).Attach(strategy);
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(2) with { Addresses = [] }));
        node.Begin();
        Stage.Advance(Minutes(10));
        Assert.That((strategy.Runs.Count, node.State.Phase), Is.EqualTo((0, RecoveryPhase.Alone)));
    }

    [Test]
    public void APeerThatIsOnlySentTo_IsNoNeighbour()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete));
        var node = Node(knows: [1]).Attach(strategy);
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(2) with { SendOnly = true }));
        node.Begin();
        Stage.Advance(Minutes(10));
        Assert.That((strategy.Runs.Count, node.State.Phase), Is.EqualTo((0, RecoveryPhase.Alone)));
    }

    [TestCase(0), TestCase(1), TestCase(2), TestCase(3)]
    public void NobodyAnswers_ThreeTries_ThirtyAndSixtySecondsApart_Jittered(int chance)
    {
        var strategy = Script("s", ScriptedStrategy.Refused);
        var node = Node(chance: chance).Attach(strategy).Begin();
        Stage.Until(() => strategy.Runs.Count == 3, Minutes(3));
        var (first, second) = (strategy.Runs[1].At - strategy.Runs[0].At, strategy.Runs[2].At - strategy.Runs[1].At);
        Assert.Multiple(() =>
        {
            Assert.That(first, Is.InRange(Seconds(25), Seconds(35)).And.Not.EqualTo(Seconds(30)));
            Assert.That(second, Is.InRange(Seconds(50), Seconds(70)).And.Not.EqualTo(Seconds(60)));
            Assert.That((node.State.Phase, node.State.Attempt), Is.EqualTo((RecoveryPhase.Alone, 3)));
            Assert.That(node.State.Coverage!.Asked, Is.EqualTo(1));
            Assert.That(node.State.Coverage!.Answered, Is.Zero);
        });
    }

    /// <summary>Who is refused is alone, too, but can do something about it.</summary>
    [Test]
    public void NeighboursRefuse_IsSaid_AndForgottenWhenOneAnswers()
    {
        var knownTo = new HashSet<string>(StringComparer.Ordinal);
        var strategy = Script("s", (session, _) =>
        {
            foreach (var n in session.Plan.Neighbours)
                session.Called(knownTo.Contains(n.Name) ? new NeighbourCall(n, null, 2)
                    : new NeighbourCall(n, "unknown sender", 0) { IsUnknownThere = n.Name != "p4" });
            var outcome = knownTo.Count > 0 ? SyncOutcome.Partial : SyncOutcome.Failed;
            return Task.FromResult(new SyncReport(outcome, "as the test says"));
        });
        var node = Node(knows: [2, 3, 4]).Attach(strategy).Begin();
        Stage.Until(() => node.State.Phase == RecoveryPhase.Alone, Minutes(5));
        Assert.That(node.State.Refusing, Is.EqualTo(2), "the third is just not there");
        Assert.That(Lines(node), Is.EqualTo(new[] { "2 of the neighbours refuse this node" }));
        Stage.Advance(Minutes(10));
        Assert.That(Lines(node), Has.Length.EqualTo(1), "said once");

        knownTo.Add("p2");
        Stage.Until(() => node.State.Phase == RecoveryPhase.Partial, Minutes(40));
        Assert.That(node.State.Refusing, Is.EqualTo(1));
        knownTo.Add("p3");
        Stage.Until(() => node.State.Refusing == 0, Minutes(40));
    }

    private static string[] Lines(RecoveryNode node) =>
    [
        .. node.Log.Of(LogLevel.Warning).Where(l => l.Contains("refuse", StringComparison.Ordinal))
            .Select(l => l["Recovery: ".Length..l.IndexOf(':', "Recovery: ".Length)]),
    ];

    [Test]
    public void NobodyKnown_EachTryWaitsThirtySeconds()
    {
        var node = Node(knows: [1]).Attach(Script("s", ScriptedStrategy.Refused)).Begin();
        var took = Stage.Until(() => node.State.Phase == RecoveryPhase.Alone, Minutes(10));
        Assert.That(took, Is.InRange(Seconds(90 + 75), Seconds(90 + 105)));
    }

    [Test]
    public void Alone_IsTriedAgain_GrowingToTheBackgroundInterval()
    {
        var strategy = Script("s", ScriptedStrategy.Refused);
        var node = Node().Attach(strategy).Begin();
        Stage.Until(() => strategy.Runs.Count == 3, Minutes(3));
        Stage.Until(() => strategy.Runs.Count == 12, TimeSpan.FromHours(5));
        var waits = strategy.Runs.Zip(strategy.Runs.Skip(1), (a, b) => b.At - a.At).Skip(2).ToList();
        Assert.Multiple(() =>
        {
            foreach (var (wait, seconds) in waits.Zip([30, 60, 120, 240, 480, 960, 1800, 1800, 1800]))
                Assert.That(wait, Is.InRange(Seconds(seconds * 5 / 6.0), Seconds(seconds * 7 / 6.0)));
            Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Alone));
            Assert.That(node.State.NextAt, Is.GreaterThan(Stage.Now));
            Assert.That(strategy.Purposes, Is.All.EqualTo(SyncPurpose.Boot));
        });
    }

    [TestCase(false), TestCase(true)]
    public void Alone_ANeighbourAppears_IsAskedAtOnce(bool heard)
    {
        var there = false;
        var strategy = Script("s", (session, token) => there
            ? ScriptedStrategy.Answered(SyncOutcome.Complete)(session, token)
            : ScriptedStrategy.Refused(session, token));
        var node = Node().Attach(strategy).Begin();
        Stage.Advance(TimeSpan.FromHours(3));
        Stage.Until(() => strategy.Runs[^1].At < Stage.Now - Seconds(30), Minutes(40));
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Alone));
        there = true;
        if (heard) node.Kernel.TransportHost.Heard(TestNode.IdOf(2), null);
        else Add(node, 3);
        Stage.Settle();
        Assert.That((strategy.Runs[^1].At, node.State.Phase), Is.EqualTo((Stage.Now, RecoveryPhase.Recovered)));
    }

    [Test]
    public void HeardAllTheTime_WhoAnswersNothing_IsAskedEveryThirtySeconds()
    {
        var strategy = Script("s", ScriptedStrategy.Refused);
        var node = Node().Attach(strategy).Begin();
        Stage.Advance(TimeSpan.FromHours(3));
        var before = strategy.Runs.Count;
        for (var second = 0; second < 300; second++)
        {
            node.Kernel.TransportHost.Heard(TestNode.IdOf(2), null);
            Stage.Advance(Seconds(1));
        }
        Assert.That(strategy.Runs.Count - before, Is.InRange(9, 11));
    }

    [Test]
    public void EmptyChain_NoRecovery_AndNoBackgroundSync()
    {
        var strategy = Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete));
        var node = Node(sync: new SyncOptions { Chain = [] }).Attach(strategy).Begin();
        Stage.Advance(TimeSpan.FromHours(2));
        Assert.Multiple(() =>
        {
            Assert.That(strategy.Runs, Is.Empty);
            Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Off));
            Assert.That(node.Kernel.Recovery.RunAgain(), Is.False);
        });
    }

    [Test]
    public void NoStrategy_IsOff_UntilOneIsAttached()
    {
        var node = Node().Begin();
        Stage.Advance(Minutes(1));
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Off));
        node.Attach(Script("s", ScriptedStrategy.Answered(SyncOutcome.Complete)));
        Stage.Settle();
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
    }

    [Test]
    public void RunAgain_WhileOneWaitsForItsNextTry_BeginsAtOnce()
    {
        var strategy = Script("s", ScriptedStrategy.Refused);
        var node = Node().Attach(strategy).Begin();
        Stage.Advance(Seconds(5));
        Assert.That((strategy.Runs.Count, node.State.Phase), Is.EqualTo((1, RecoveryPhase.Waiting)));
        Assert.That(node.Kernel.Recovery.RunAgain(), Is.True);
        Stage.Settle();
        Assert.That((strategy.Runs.Count, node.State.Attempt), Is.EqualTo((2, 1)));
    }

    [Test]
    public void RunAgain_WhileOneIsUnderWay_IsRefused_AndAfterwardsAsksForEverything()
    {
        var node = Node(knows: [2]);
        Assert.That(node.Kernel.Recovery.RunAgain(), Is.False, "not begun");
        var go = new TaskCompletionSource();
        var strategy = Script("s", async (session, token) =>
        {
            await go.Task;
            return await ScriptedStrategy.Answered(SyncOutcome.Complete, readsToEnd: true)(session, token);
        });
        node.Attach(strategy).Begin();
        Assert.That(node.Kernel.Recovery.RunAgain(), Is.False);
        go.SetResult();
        Stage.Settle();
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        Assert.That((node.Kernel.Recovery.RunAgain(), node.Kernel.Recovery.RunAgain()), Is.EqualTo((true, false)));
        Stage.Settle();
        Assert.That(strategy.Runs[1].Plan, Has.Property("Purpose").EqualTo(SyncPurpose.Boot));
        Assert.That(strategy.Runs[1].Plan.Neighbours[0].Since, Is.Zero);
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
    }

    private void Add(RecoveryNode node, byte seed)
    {
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(seed)));
        node.Kernel.PeerChanged(TestNode.IdOf(seed));
        Stage.Settle();
    }
}
