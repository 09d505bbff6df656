using PluginNode.Conformance;
using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Sync;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>Other peers, limits and ends of <c>mesh-pages</c>, without a network between.</summary>
[TestFixture]
internal sealed class PagesLimitTests : PagesFixture
{
    [Test]
    public async Task ANaraPeer_IsReadPageAfterPageFromSinceOn()
    {
        var nara = Calls.Add("nara", isPluginNode: false);
        for (var i = 0; i < 100; i++) nara.Ledger.Add(Start + (i / 3), i);
        var session = Session(since: Start + 10, page: 7);

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.EqualTo([nara.Id]));
        Assert.That(Ours.Count, Is.EqualTo(70), "nothing that shares a page's last timestamp is left out");
        Assert.That(Calls.MostUnderWay, Is.EqualTo(1));
        Assert.That(session.Calls.Count(c => c.Failure is not null), Is.Zero, "to have no days is no failure");
    }

    [Test]
    public async Task AnOlderPeer_IsAskedOnceAndNotReadToItsEnd()
    {
        var peer = Calls.Add("nara", isPluginNode: false);
        for (var i = 0; i < 300; i++) peer.Ledger.Add(Start + i, i);
        var old = new ScriptedNeighbour("nara", peer.Id) { IsOlder = true };
        for (var i = 0; i < 300; i++) old.Ledger.Add(Start + i, i);
        peer.Answer = old.Truth;

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Does.Contain("older peer"));
        Assert.That(report.ReadToEnd, Is.Empty);
        Assert.That(Calls.Asked, Has.Count.EqualTo(1));
        Assert.That(Ours.Count, Is.EqualTo(101), "what came is merged");
    }

    [Test]
    public async Task ACursorThatRepeats_EndsThere()
    {
        var nara = Calls.Add("nara", isPluginNode: false);
        for (var i = 0; i < 300; i++) nara.Ledger.Add(Start + i, i);
        nara.Answer = request => request.Cursor is null ? null : nara.Truth(request) with
        {
            Outcome = AskOutcome.RepeatedCursor, Reason = "it goes on where it was", Next = null,
        };

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.Reason, Is.EqualTo("nara: it goes on where it was"));
        Assert.That(Ours.Count, Is.EqualTo(199), "two pages, that share an event");
        Assert.That(Calls.Asked, Has.Count.EqualTo(2));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task PagesWithoutEnd_EndAllTheSame(bool areEmpty)
    {
        var eve = Calls.Add("eve", isPluginNode: false);
        var at = Start;
        eve.Answer = _ => areEmpty
            ? ScriptedNeighbour.Of([], new LedgerCursor(++at, null))
            : ScriptedNeighbour.Of([Altered(++at)], new LedgerCursor(at - 1, null));

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(areEmpty ? SyncOutcome.Failed : SyncOutcome.Partial));
        Assert.That(Calls.Asked, Has.Count.InRange(1, 15));
        Assert.That(Ours.Count, Is.Zero);
    }

    /// <summary>What it gives is true, and was told before; only its cursor goes on and on.</summary>
    [Test]
    public async Task AnEndOfOneThatNeverComes_KeepsNothingOfTheOthers()
    {
        var (eve, beta) = (Calls.Add("eve", isPluginNode: false), Calls.Add("beta"));
        Fill(beta.Ledger, 10, 25);
        var newest = beta.ToJson(beta.Ledger.Read(
            new LedgerQuery { Mode = LedgerMode.Recent, Limit = 1 }).Events[0]);
        var at = Start;
        eve.Answer = _ =>
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            return ScriptedNeighbour.Of([newest], ++at < Start + 100 ? new LedgerCursor(at, null) : null);
        };

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Partial));
        Assert.That(report.ReadToEnd, Is.EqualTo([beta.Id]));
        Assert.That(report.Reason, Is.EqualTo("eve: it was not at its end after 20 minutes"));
        Assert.That(Ours.Count, Is.EqualTo(250));
        Assert.That(Calls.Asked.Count(a => a.Name == "eve"), Is.EqualTo(21));
    }

    private static System.Text.Json.Nodes.JsonNode Altered(long time) => System.Text.Json.Nodes.JsonNode.Parse(
        $$"""{"id":"{{time:x32}}","ts":{{time}},"svc":"social","social":{"text":"altered"} }""")!;

    [TestCase("short", 3)]
    [TestCase("medium", 10)]
    public async Task CallsAtOnce_AreMetAndHeld(string memory, int most)
    {
        var full = Signal.New();
        for (var n = 0; n < 12; n++)
        {
            var neighbour = Calls.Add($"n{n}");
            Fill(neighbour.Ledger, 40, 25);
            neighbour.BeforeDays = _ =>
            {
                if (Calls.UnderWay >= most) full.TrySetResult();
                return full.Task;
            };
        }

        var report = await SyncAsync(Session(profile: MemoryProfile.Find(memory, 0)));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Calls.MostUnderWay, Is.EqualTo(most));
    }

    [Test]
    public async Task Cancellation_EndsTheCallsUnderWay()
    {
        using var cancel = new CancellationTokenSource();
        var begun = Signal.New();
        var beta = Calls.Add("beta");
        Fill(beta.Ledger, 10, 25);
        beta.Before = async (_, cancellation) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        };

        var syncing = Strategy.SyncAsync(Session(), cancel.Token);
        await begun.Task;
        await cancel.CancelAsync();

        Assert.That(async () => await syncing, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Calls.UnderWay, Is.Zero);
    }

    [Test]
    public void AStoreThatFails_IsTheCallersToKnow()
    {
        for (var n = 0; n < 3; n++) Fill(Calls.Add($"n{n}").Ledger, 10, 25);
        var session = Session();
        session.Before = () => throw new StoreException("the disk is full");

        Assert.That(async () => await SyncAsync(session), Throws.InstanceOf<StoreException>());
        Assert.That(Calls.UnderWay, Is.Zero);
    }

    [Test]
    public async Task Checkpoints_AreAllOfTheirServiceWhateverWasReadBefore()
    {
        var beta = Calls.Add("beta");
        var nara = Calls.Add("nara", isPluginNode: false);
        foreach (var ledger in new[] { beta.Ledger, nara.Ledger })
            for (var i = 0; i < 50; i++) ledger.Add(Start + i, i, i % 5 == 0 ? "checkpoint" : "social");
        var plan = Session(SyncPurpose.Checkpoints, since: Start + 40, page: 4).Plan with
        {
            Services = ["checkpoint"], CallTime = TimeSpan.FromSeconds(10),
        };

        var report = await SyncAsync(new ScriptedSession(plan, Ours));

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(report.ReadToEnd, Is.Empty, "other services were not read");
        Assert.That(Ours.Count, Is.EqualTo(10));
        Assert.That(Calls.AskedDays, Is.Empty);
        Assert.That(
            Calls.Asked.Select(a => (a.Request.Services!.Single(), a.Request.PageSize)),
            Is.All.EqualTo(("checkpoint", 4L)));
    }

    [Test]
    public async Task Addresses_AreTriedInTurnAndTheOneThatAnswersIsKept()
    {
        var beta = Calls.Add("beta");
        Fill(beta.Ledger, 10, 25);
        beta.Addresses.InsertRange(0, ["mqtt:beta", "mesh+http://dead:1"]);
        beta.DeadAddresses.Add("mesh+http://dead:1");

        var report = await SyncAsync(Session());

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), report.Reason);
        Assert.That(Calls.AskedAddresses.Take(2), Is.EqualTo(["mesh+http://dead:1", "mesh+http://beta:1"]));
        Assert.That(Calls.AskedAddresses.Skip(2), Is.Not.Empty.And.All.EqualTo("mesh+http://beta:1"));
    }

    [Test]
    public async Task OneOfAnotherScheme_IsNoNeighbour()
    {
        var beta = Calls.Add("beta");
        beta.Addresses[0] = "mqtt:beta";
        var session = Session();

        var report = await SyncAsync(session);

        Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Unavailable));
        Assert.That(session.Calls, Is.Empty);
    }

    [Test]
    public async Task AShortMemory_AsksFourNeighbours()
    {
        for (var n = 0; n < 6; n++) Fill(Calls.Add($"n{n}").Ledger, 1, 5);

        var report = await SyncAsync(Session(profile: MemoryProfile.Short));

        Assert.That(report.ReadToEnd, Has.Count.EqualTo(4));
        Assert.That(Calls.AskedDays, Is.EquivalentTo(["n0", "n1", "n2", "n3"]));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task AnyLedgers_WithCallsThatFailNowAndThen_BecomeTheirUnion(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 30; round++)
        {
            var calls = new ScriptedNeighbours();
            var ours = new MemoryLedger();
            var all = new HashSet<EventId>();
            var count = 1 + random.Next(5);
            for (var n = 0; n < count; n++)
            {
                var neighbour = calls.Add($"n{n}", isPluginNode: random.Next(4) > 0);
                var isLike = random.Next(2);
                for (var i = 0; i < 200; i++)
                    if (random.Next(10) >= isLike * 2) neighbour.Ledger.Add(Start + (i * Day / 7) + 1, i);
                foreach (var e in neighbour.Ledger.Read(new LedgerQuery { Limit = 5000 }).Events) all.Add(e.Id);
                // never three in a row, which would have it left out
                var (first, second, asked) = (random.Next(12), random.Next(12), 0);
                neighbour.Answer = _ => Interlocked.Increment(ref asked) - 1 is var at && (at == first || at == second)
                    ? Fails(AskOutcome.TooSlow) : null;
            }
            for (var i = 0; i < 200; i++) if (random.Next(3) == 0) ours.Add(Start + (i * Day / 7) + 1, i);
            foreach (var e in ours.Read(new LedgerQuery { Limit = 5000 }).Events) all.Add(e.Id);
            var plan = new SyncPlan
            {
                Purpose = SyncPurpose.Boot, Neighbours = calls.Plan(), Profile = MemoryProfile.Medium,
                PageEvents = 1 + random.Next(60),
            };

            var report = await new PagesStrategy(calls, ours, Time)
                .SyncAsync(new ScriptedSession(plan, ours), CancellationToken.None);

            Assert.That(report.Outcome, Is.EqualTo(SyncOutcome.Complete), $"{seed}/{round}: {report.Reason}");
            Assert.That(ours.Count, Is.EqualTo(all.Count), $"{seed}/{round}");
        }
    }
}
