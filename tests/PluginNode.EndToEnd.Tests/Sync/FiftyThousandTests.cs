using System.Net;
using System.Text.Json.Nodes;
using PluginNode.Benchmarks.Sync;
using PluginNode.Events;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>An empty node, which then is away for a minute, beside four that hold 50 000 events.</summary>
[TestFixture]
public sealed class FiftyThousandTests
{
    private const int Count = 50_000, Holders = 4;

    private readonly List<NodeProcess> _holders = [];
    private string _folder = null!;
    private List<Event> _events = null!;
    private Dictionary<string, NodeProcess> _readers = null!;

    [OneTimeSetUp]
    public async Task StartHolders()
    {
        _folder = Directory.CreateTempSubdirectory("pluginnode-e2e-").FullName;
        _events = EventCorpus.Make(Count, SyncNodes.Kinds, DateTimeOffset.UtcNow);
        _readers = new Dictionary<string, NodeProcess>(StringComparer.Ordinal)
        {
            ["pages"] = SyncNodes.Make(_folder, "pages", ["mesh-pages"]),
            ["chain"] = SyncNodes.Make(_folder, "chain", null),
            ["sample"] = SyncNodes.Make(_folder, "sample", ["mesh-sample"]),
            ["slices"] = SyncNodes.Make(_folder, "slices", ["mesh-slices"]),
        };
        for (var h = 1; h <= Holders; h++)
        {
            var holder = await SyncNodes.HolderAsync(_folder, $"holder-{h}", _events);
            foreach (var reader in _readers.Values) SyncNodes.Introduce(reader, holder);
            _holders.Add(holder);
        }
        await Task.WhenAll(_holders.Select(h => h.StartAsync()));
    }

    [OneTimeTearDown]
    public async Task StopAll()
    {
        foreach (var node in _holders.Concat(_readers.Values)) await node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test, Order(1)]
    public Task Empty_AmongFour_ByPages_ItRecoversAllOfIt_AndSaysSo() => RecoverAsync(_readers["pages"]);

    [Test, Order(3)]
    public async Task Empty_ByTheChain_TheSame_AndAwayForAMinute_ItAsksForTheGap()
    {
        const int news = 150, tellers = 2;
        var node = _readers["chain"];
        var first = await RecoverAsync(node);
        Assert.That(await node.StopAsync(), Is.Zero);
        foreach (var teller in _holders.Take(tellers))
            for (var i = 0; i < news; i++) await EmitAsync(teller, i);
        await node.StartAsync();
        var recovery = await Recovery.EndedAsync(node);

        Assert.That(recovery.State, Is.EqualTo("recovered"), recovery.ToString());
        Assert.That(recovery.Count("merged"), Is.EqualTo(tellers * news), recovery.ToString());
        // Each that has news is read from its mark on: 2 times sync.background and 10 minutes before the last contact.
        var overlap = first.StartedAt!.Value - TimeSpan.FromMinutes(70) - TimeSpan.FromSeconds(10);
        var told = _events.Count(e => DateTime.UnixEpoch.AddTicks(e.Timestamp / 100) >= overlap.UtcDateTime);
        Assert.That(told, Is.LessThan(200), "the overlap of this corpus");
        Assert.That(
            recovery.Count("received"), Is.LessThanOrEqualTo(tellers * (news + told)), recovery.ToString());
        Assert.That((recovery.Share, recovery.Gaps.Count), Is.EqualTo(((double?)1.0, 0)), recovery.ToString());
        Assert.That(recovery.Count("bytes"), Is.LessThan(first.Count("bytes") / 20), recovery.ToString());
        var page = await node.GetAsync("/v1/events?service=door&limit=1000");
        Assert.That(page["events"]!.AsArray(), Has.Count.EqualTo(tellers * news));
        TestContext.Out.WriteLine(
            $"received {recovery.Count("received")} of {Count + (tellers * news)}, overlap {told}, "
            + $"{recovery.Count("bytes")} of {first.Count("bytes")} bytes");
    }

    [TestCase("sample"), TestCase("slices"), Order(2)]
    public async Task Empty_ByOneThatPromisesNoMore_ItSaysHowMuchOfFiftyThousandIsHere(string kind)
    {
        var node = _readers[kind];
        await node.StartAsync();
        var recovery = await Recovery.EndedAsync(node);
        TestContext.Out.WriteLine(
            $"{kind}: {recovery.State}, {recovery.Events} of {Count}, received {recovery.Count("received")}, "
            + $"share {recovery.Share} to {recovery.ShareAtMost}, "
            + $"{recovery.EndedAt - recovery.StartedAt}");

        Assert.That(recovery.Steps, Is.All.EqualTo("mesh-" + kind));
        Assert.That(recovery.Neighbours[..3], Is.EqualTo(new[] { Holders, Holders, Holders }), recovery.ToString());
        Assert.That(recovery.Events, Is.GreaterThan(Count / 10));
        Assert.That(recovery.State, Is.EqualTo(recovery.Events == Count ? "recovered" : "partial"));
        // All four hold the same, and nobody else has anything.
        Assert.That(recovery.ShareAtMost, Is.EqualTo(recovery.Events / (double)Count).Within(1e-9));
        Assert.That(recovery.Share, Is.LessThanOrEqualTo(recovery.ShareAtMost));
        Assert.That(recovery.Gaps, recovery.Events == Count ? Is.Empty : Is.Not.Empty);
    }

    private async Task<Recovery> RecoverAsync(NodeProcess node)
    {
        await node.StartAsync();
        var recovery = await Recovery.EndedAsync(node);

        Assert.That(recovery.State, Is.EqualTo("recovered"), recovery.ToString());
        Assert.That(recovery.Steps, Is.EqualTo(new[] { "mesh-pages" }), recovery.ToString());
        Assert.That((string)recovery.FirstStep["outcome"]!, Is.EqualTo("complete"));
        Assert.That(recovery.Events, Is.EqualTo(Count));
        Assert.That(recovery.Share, Is.EqualTo(1.0));
        Assert.That(recovery.Gaps, Is.Empty);
        Assert.That(recovery.Neighbours, Is.EqualTo(new[] { Holders, Holders, Holders, 0 }));
        Assert.That(recovery.Count("merged"), Is.EqualTo(Count));
        // the work is shared: hardly anything is told twice
        Assert.That(recovery.Count("received"), Is.LessThanOrEqualTo(Count * 11 / 10), recovery.ToString());
        TestContext.Out.WriteLine($"{recovery.EndedAt - recovery.StartedAt}, {recovery.Count("bytes")} bytes");

        var printed = await Recovery.OfCommandAsync(node);
        Assert.That(
            (printed.State, printed.Strategy, printed.Events, printed.Share),
            Is.EqualTo(("recovered", "mesh-pages", Count, (double?)1.0)));
        Assert.That((string)(await node.GetAsync("/health/ready"))["recovery"]!, Is.EqualTo("recovered"));
        foreach (var at in (int[])[0, Count / 2, Count - 1]) // the oldest, and one that is as it was signed
            Assert.That(
                (string)(await node.GetAsync($"/v1/events/{_events[at].Id}"))["emitter"]!,
                Is.EqualTo(_events[at].Emitter));
        return recovery;
    }

    private static async Task EmitAsync(NodeProcess node, int number)
    {
        var (status, answer) = await node.PostAsync(
            "/v1/events",
            new JsonObject { ["service"] = "door", ["data"] = new JsonObject { ["by"] = node.Name, ["n"] = number } });
        Assert.That(status, Is.EqualTo(HttpStatusCode.Created), answer?.ToJsonString());
    }
}
