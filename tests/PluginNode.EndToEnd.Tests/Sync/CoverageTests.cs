using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Benchmarks.Sync;
using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.EndToEnd.Tests.Sync;

/// <summary>What is not complete says how much is here, and what is missing where.</summary>
[TestFixture]
public sealed class CoverageTests : NodesInAFolder
{
    private const int Count = 5_000;

    private static readonly List<Event> Events = EventCorpus.Make(Count, SyncNodes.Kinds, DateTimeOffset.UtcNow);

    private readonly List<NodeProcess> _nodes = [];

    [TearDown]
    public async Task StopAll()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        _nodes.Clear();
    }

    [TestCase("mesh-sample")]
    [TestCase("mesh-slices")]
    public async Task OneStrategyThatIsNotComplete_ItSaysHowMuchIsHere(string strategy)
    {
        // Five samples of 1 000 each; and slices that two who hold different events cut differently.
        var node = Add(SyncNodes.Make(Folder, "node", [strategy], "short"));
        var all = Add(await SyncNodes.HolderAsync(Folder, "all", Events));
        var half = Add(await SyncNodes.HolderAsync(Folder, "half", [.. Events.Where((_, i) => i % 2 == 0)]));
        foreach (var neighbour in (NodeProcess[])[all, half]) SyncNodes.Introduce(node, neighbour);
        await Task.WhenAll(all.StartAsync(), half.StartAsync());
        await node.StartAsync();
        var recovery = await Recovery.EndedAsync(node);
        TestContext.Out.WriteLine(
            $"{strategy}: {recovery.Events} of {Count}, received {recovery.Count("received")}, share {recovery.Share}");

        Assert.That(recovery.State, Is.EqualTo("partial"), recovery.ToString());
        Assert.That(recovery.Steps, Is.All.EqualTo(strategy));
        Assert.That((string)recovery.FirstStep["outcome"]!, Is.EqualTo("partial"));
        Assert.That(recovery.Events, Is.GreaterThan(Count / 4).And.LessThan(Count));
        Assert.That((string)(await node.GetAsync("/health/ready"))["recovery"]!, Is.EqualTo("partial"));

        // All that is here is of one neighbour: so it is known exactly what is missing, and on which days.
        var missing = recovery.Gaps.Where(g => g.Neighbour == "all").ToList();
        Assert.That((int)recovery.Coverage["gapCount"]!, Is.EqualTo(recovery.Gaps.Count), "all are listed");
        Assert.That(missing.Sum(g => g.Theirs - g.Ours), Is.EqualTo(Count - recovery.Events), recovery.ToString());
        var held = Count + (Count / 2);
        Assert.That(
            recovery.Share, Is.EqualTo(1 - (recovery.Gaps.Sum(g => g.Theirs) / (double)held)).Within(1e-9));
    }

    [Test]
    public async Task Gap_OfADay_ShowsWithItsDayAndWhoHoldsIt_AndClosesWhenItCanBeVerified()
    {
        const int hidden = 25;
        using var stranger = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)77, 32)]);
        var day = DateTimeOffset.UtcNow.AddDays(-40);
        var strange = Strange(stranger, day, hidden);
        var node = Add(SyncNodes.Make(Folder, "node", null));
        var one = Add(await SyncNodes.HolderAsync(Folder, "one", Events));
        var two = Add(SyncNodes.Make(Folder, "two", []));
        await SyncNodes.FillAsync(two, [.. Events, .. strange], new Peer("stranger", stranger.Self, []));
        SyncNodes.Know(two, "stranger", stranger.Self, null);
        foreach (var neighbour in (NodeProcess[])[one, two]) SyncNodes.Introduce(node, neighbour);
        await Task.WhenAll(one.StartAsync(), two.StartAsync());
        await node.StartAsync();

        var recovery = await Recovery.EndedAsync(node);
        (DateOnly, string, int, int)[] gap = [(DateOnly.FromDateTime(day.UtcDateTime), "two", hidden, 0)];
        Assert.That(recovery.Gaps, Is.EqualTo(gap), recovery.ToString());
        Assert.That(recovery.Neighbours, Is.EqualTo(new[] { 2, 2, 2, 1 }));
        Assert.That(recovery.Events, Is.EqualTo(Count));
        Assert.That(recovery.Share, Is.EqualTo(2.0 * Count / ((2 * Count) + hidden)).Within(1e-9));
        Assert.That(recovery.Count("two", "pending"), Is.GreaterThanOrEqualTo(hidden));
        var (exit, output) = await node.CommandAsync("recovery", "status");
        Assert.That(exit, Is.Zero, output);
        Assert.That(output, Does.Contain($"{gap[0].Item1:yyyy-MM-dd}").And.Contain("two"), "people see it, too");

        var key = new JsonObject { ["publicKey"] = Convert.ToBase64String(stranger.Self.ToPublicKey()) };
        using var content = new StringContent(key.ToJsonString(), Encoding.UTF8, "application/json");
        using var put = await node.Api.PutAsync(node.Url("/v1/peers/stranger"), content);
        Assert.That(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        using var again = await node.Api.PostAsync(node.Url("/v1/recovery"), null);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var closed = await Recovery.EndedAsync(node, recovery.StartedAt);
        Assert.That(
            (closed.State, closed.Events, closed.Share), Is.EqualTo(("recovered", Count + hidden, (double?)1.0)),
            closed.ToString());
        Assert.That(closed.Gaps, Is.Empty);
    }

    private static List<Event> Strange(NodeIdentity stranger, DateTimeOffset day, int count)
    {
        var maker = new EventMaker(stranger, "stranger", SyncNodes.Kinds, new At(day));
        return
        [
            .. Enumerable.Range(0, count)
                .Select(i => maker.Make("reading", Encoding.UTF8.GetBytes($$"""{"strange":{{i}}}""")).Event!),
        ];
    }

    private NodeProcess Add(NodeProcess node)
    {
        _nodes.Add(node);
        return node;
    }

    private sealed class At(DateTimeOffset time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time;
    }
}
