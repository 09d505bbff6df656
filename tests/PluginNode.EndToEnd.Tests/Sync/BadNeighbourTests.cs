using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Benchmarks.Sync;
using PluginNode.EndToEnd.Tests.Chaos;
using PluginNode.Events;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>Neighbours that fail, lie, or do not answer, beside real nodes.</summary>
[TestFixture]
public sealed class BadNeighbourTests : NodesInAFolder
{
    private const int Count = 50_000;

    private static readonly List<Event> Events = EventCorpus.Make(Count, SyncNodes.Kinds, DateTimeOffset.UtcNow);

    private readonly List<IAsyncDisposable> _running = [];

    [TearDown]
    public async Task StopAll()
    {
        foreach (var node in _running) await node.DisposeAsync();
        _running.Clear();
    }

    [Test, Platform(Exclude = "Win", Reason = "There is no such signal.")]
    public async Task OneHonest_AmongAllThatFail_AllThatItHoldsIsThere_AndNothingForgedIs()
    {
        var node = Impatient("node", null);
        var honest = Run(await SyncNodes.HolderAsync(Folder, "honest", Events));
        var slow = Run(await SyncNodes.HolderAsync(Folder, "slow", Events));
        var dead = Run(SyncNodes.Make(Folder, "dead", []));
        foreach (var neighbour in (NodeProcess[])[honest, slow, dead]) SyncNodes.Introduce(node, neighbour);
        var forged = Forged(20);
        var altering = (await FakeAsync(node, "altering", FakeNeighbour.AnswerAsync))
            .With(Events.Take(500), (e, json) => e.Service == "reading" ? json.Replace("routine", "altered") : json);
        (await FakeAsync(node, "forging", FakeNeighbour.AnswerAsync)).With(Events.Take(100).Concat(forged));
        (await FakeAsync(node, "older", FakeNeighbour.AnswerAsOlderAsync)).With(Events.Skip(Count / 2));
        (await FakeAsync(node, "unsigned", FakeNeighbour.AnswerWithOtherKeyAsync)).With(forged);
        await FakeAsync(node, "garbage", FakeNeighbour.AnswerGarbageAsync);
        var endless = await FakeAsync(node, "endless", FakeNeighbour.AnswerEndlesslyAsync);
        await Task.WhenAll(honest.StartAsync(), slow.StartAsync());
        await slow.SignalAsync("STOP");
        await node.StartAsync();
        var recovery = await Recovery.EndedAsync(node);
        await slow.SignalAsync("CONT");

        Assert.That(recovery.Events, Is.EqualTo(Count), recovery.ToString());
        Assert.That(recovery.Share, Is.EqualTo(1.0), "of what the honest one holds");
        Assert.That(recovery.State, Is.EqualTo("partial"), "it can't know what the others hold");
        foreach (var e in forged)
        {
            using var answer = await node.Api.GetAsync(node.Url($"/v1/events/{e.Id}"));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "forged");
        }
        var told = await node.GetAsync("/v1/events?service=reading&limit=1000");
        Assert.That(told.ToJsonString(), Does.Contain("routine").And.Not.Contain("altered"));

        var altered = altering.Events.Count(e => e.Json.Contains("altered", StringComparison.Ordinal));
        Assert.That(altered, Is.GreaterThan(50), "the test alters something");
        Assert.That(
            recovery.Rejected("altering", "wrongId"), Is.GreaterThanOrEqualTo(altered), recovery.ToString());
        Assert.That(
            recovery.Rejected("forging", "wrongSignature"), Is.GreaterThanOrEqualTo(forged.Count),
            recovery.ToString());
        Assert.That(recovery.Rejected("honest", "wrongId") + recovery.Rejected("honest", "wrongSignature"), Is.Zero);
        Assert.That(recovery.Failures("unsigned"), Is.Not.Empty.And.All.Contain("not signed by unsigned"));
        foreach (var failing in (string[])["unsigned", "garbage", "endless", "dead", "slow"])
        {
            Assert.That(recovery.Failures(failing), Is.Not.Empty, failing);
            Assert.That(recovery.Count(failing, "received"), Is.Zero, failing);
        }
        // who of the two is first is chance
        Assert.That(recovery.Count("older", "received"), Is.GreaterThan(0), "what it gives is taken");
        Assert.That(
            recovery.Count("honest", "merged"), Is.GreaterThanOrEqualTo(Count * 4 / 5), "nobody else has those");
        // About 300 MiB on two cores. Who read for the 1.5 s of a call what has no end would have some GiB.
        var most = Vitals.MostMemoryOf(node.ProcessId);
        Assert.That(most, Is.GreaterThan(0).And.LessThan(768), "MiB");
        TestContext.Out.WriteLine(
            $"{recovery.EndedAt - recovery.StartedAt}, at most {most:0} MiB; "
            + $"{endless.SentEndlessly} bytes came without an end");
    }

    [Test]
    public async Task AllFail_ItIsReadyAndDelivers_SaysSo_AndRecoversWhenOneComesBack()
    {
        var node = Impatient("node", null);
        var back = Run(await SyncNodes.HolderAsync(Folder, "back", Events));
        SyncNodes.Introduce(node, back);
        SyncNodes.Know(node, "self", SyncNodes.IdOf(node), node.MeshAddress);
        await FakeAsync(node, "garbage", FakeNeighbour.AnswerGarbageAsync);
        var unsigned = (await FakeAsync(node, "unsigned", FakeNeighbour.AnswerWithOtherKeyAsync)).With(Events);
        await node.StartAsync();

        Recovery? waiting = null;
        await Until.TrueAsync(
            async () => (waiting = await Recovery.OfAsync(node)) is { State: "waiting", NextAt: not null, Attempt: 1 },
            "the first try ends");
        Assert.That(waiting!.Steps, Is.EqualTo(new[] { "mesh-pages", "mesh-sample", "mesh-slices", "mqtt-ledger" }));
        foreach (var failing in (string[])["garbage", "unsigned", "back"])
            Assert.That(waiting.Failures(failing), Is.Not.Empty, failing);
        Assert.That((waiting.Count("merged"), waiting.Events, waiting.Strategy), Is.EqualTo((0L, 0, (string?)null)));
        Assert.That(unsigned.Calls, Is.GreaterThan(0));
        var ready = await node.GetAsync("/health/ready");
        Assert.That((string)ready["recovery"]!, Is.EqualTo("waiting"));
        await node.EndedAsync(await node.SendAsync("self", "all the same"));
        var inbox = await node.GetAsync("/v1/inbox?wait=10s");
        Assert.That((string)inbox["messages"]![0]!["text"]!, Is.EqualTo("all the same"));

        await back.StartAsync();
        var recovery = await Recovery.EndedAsync(node);
        Assert.That(recovery.Events, Is.EqualTo(Count), recovery.ToString());
        Assert.That(
            (recovery.State, recovery.Attempt, recovery.Share), Is.EqualTo(("recovered", 2, (double?)1.0)),
            recovery.ToString());
    }

    // With the emitter's name and another's key.
    private static List<Event> Forged(int count)
    {
        var maker = new EventMaker(
            EventCorpus.IdentityOf(1), EventCorpus.NameOf(0), SyncNodes.Kinds, TimeProvider.System);
        return
        [
            .. Enumerable.Range(0, count)
                .Select(i => maker.Make("reading", Encoding.UTF8.GetBytes($$"""{"forged":{{i}}}""")).Event!),
        ];
    }

    // One that gives up soon: nobody here is far away.
    private NodeProcess Impatient(string name, string[]? chain)
    {
        var node = Run(SyncNodes.Make(Folder, name, chain));
        var settings = node.Configuration["plugins"]!["settings"]!["mesh-http"]!.AsObject();
        settings["sendTimeout"] = "1500ms";
        node.WriteConfiguration();
        return node;
    }

    private async Task<FakeNeighbour> FakeAsync(
        NodeProcess reader, string name,
        Func<FakeNeighbour, JsonNode, Microsoft.AspNetCore.Http.HttpResponse, Task> answer)
    {
        var fake = await FakeNeighbour.StartAsync(name, answer);
        _running.Add(fake);
        SyncNodes.Know(reader, name, fake.Id, fake.Address);
        return fake;
    }

    private NodeProcess Run(NodeProcess node)
    {
        _running.Add(node);
        return node;
    }
}
