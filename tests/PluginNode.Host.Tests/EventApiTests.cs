using System.Text.Json.Nodes;
using PluginNode.Composition;
using PluginNode.Events;

namespace PluginNode.Host.Tests;

/// <summary>An application's own events: recorded, signed, read back, and there after a restart.</summary>
public sealed class EventApiTests
{
    private TestNode _node = null!;

    [SetUp]
    public async Task StartAsync() => _node = await TestNode.StartAsync(TestNode.Configuration());

    [TearDown]
    public async Task StopAsync() => await _node.DisposeAsync();

    [Test]
    public async Task Record_AnEvent_IsReadBackAsItIs()
    {
        var (status, sent) = await PostAsync(
            "/v1/events", """{ "service": "door", "data": { "b": 1.50, "a": "\u00fc" } }""");
        Assert.That(status, Is.EqualTo(201));
        var id = sent!["id"]!.GetValue<string>();
        Assert.Multiple(() =>
        {
            Assert.That(id, Does.Match("^[0-9a-f]{32}$"));
            Assert.That(sent["svc"]!.GetValue<string>(), Is.EqualTo("door"));
            Assert.That(sent["sig"]!.GetValue<string>(), Has.Length.EqualTo(88));
            Assert.That(sent["data"]!["a"]!.GetValue<string>(), Is.EqualTo("ü"));
        });
        var one = (await _node.GetAsync($"/v1/events/{id}")).Body!;
        Assert.That(one.ToJsonString(), Is.EqualTo(sent.ToJsonString()));
    }

    [Test]
    public async Task List_Pages_GiveEachEventOnce([Values("page", "recent")] string mode)
    {
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            var (_, body) = await PostAsync(
                "/v1/events", $$"""{ "service": "{{(i % 2 == 0 ? "even" : "odd")}}", "data": {{i}} }""");
            ids.Add(body!["id"]!.GetValue<string>());
        }
        if (mode == "recent")
        {
            Assert.That(await IdsAsync("mode=recent&limit=3"), Is.EqualTo(ids.AsEnumerable().Reverse().Take(3)));
            return;
        }
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = (await _node.GetAsync($"/v1/events?limit=3{(after is null ? "" : $"&after={after}")}")).Body!;
            seen.AddRange(page["events"]!.AsArray().Select(e => e!["id"]!.GetValue<string>()));
            after = page["next"]?.GetValue<string>();
        } while (after is not null);
        Assert.That(seen, Is.EqualTo(ids));
        Assert.That(await IdsAsync("service=odd"), Is.EqualTo(ids.Where((_, i) => i % 2 == 1)));
    }

    [TestCase("""{ "service": "a:b", "data": 1 }""", 400, "is no service")]
    [TestCase("""{ "service": "", "data": 1 }""", 400, "is no service")]
    [TestCase("""{ "service": "x" }""", 400, "data: is missing")]
    [TestCase("""{ "service": "x", "data": 12345678901234567890 }""", 400, "integer")]
    [TestCase("""{ "service": "x", "data": null }""", 400, "data: null")]
    [TestCase("""{ "service": "x", "data": { "a": "\ud800" } }""", 400, "data: a name or text is not valid")]
    [TestCase("""{ "service": "x", "data": { "\udc00": 1 } }""", 400, "a name or text is not valid")]
    [TestCase("""{ "service": "x", "data": "\ud800" }""", 400, "data: a name or text is not valid")]
    public async Task Record_Wrong_IsAProblem(string body, int status, string detail)
    {
        var (told, problem) = await PostAsync("/v1/events", body);
        Assert.That(told, Is.EqualTo(status));
        Assert.That(problem!["detail"]!.GetValue<string>(), Does.Contain(detail));
    }

    [Test]
    public async Task Record_TooMuch_Is413()
    {
        var (status, _) = await PostAsync(
            "/v1/events", $$"""{ "service": "x", "data": "{{new string('x', 70_000)}}" }""");
        Assert.That(status, Is.EqualTo(413));
    }

    [TestCase("/v1/events?mode=slice", "mode")]
    [TestCase("/v1/events?after=yesterday", "after")]
    [TestCase("/v1/events?mode=recent&after=1", "after")]
    [TestCase("/v1/events?since=-1", "since")]
    [TestCase("/v1/events?limit=0", "limit")]
    [TestCase("/v1/events/xyz", "id")]
    public async Task Read_Wrong_IsAProblem(string path, string names)
    {
        var (status, problem) = await _node.GetAsync(path);
        Assert.That((int)status, Is.EqualTo(400));
        Assert.That(problem!["detail"]!.GetValue<string>(), Does.StartWith(names));
    }

    [Test]
    public async Task Record_OnAReadOnlyNode_IsRefused()
    {
        await using var silent = await TestNode.StartAsync(TestNode.Configuration("""
            "node": { "readOnly": true }
            """));
        var (status, problem) = await silent.CallAsync(
            HttpMethod.Post, "/v1/events", """{ "service": "door", "data": 1 }""");
        Assert.That((int)status, Is.EqualTo(409));
        Assert.That(problem!["detail"]!.GetValue<string>(), Does.StartWith("node.readOnly"));
        Assert.That(silent.Host.Node.Kernel.Ledger.Count, Is.Zero);
    }

    [TestCase(false), TestCase(true)]
    public async Task Plugins_RecordAndMerge_WhereTheNodeIsNotReadOnly(bool readOnly)
    {
        var ledger = new LateLedger(new EventKinds(), readOnly);
        ledger.Open(_node.Host.Node.Kernel);
        var before = _node.Host.Node.Kernel.Ledger.Count;
        var recorded = await ledger.RecordAsync("door", "1"u8.ToArray());
        Assert.That(_node.Host.Node.Kernel.Ledger.Count, Is.EqualTo(before + (readOnly ? 0 : 1)));
        if (readOnly) Assert.That(recorded.Problem, Does.StartWith("node.readOnly"));
        else Assert.That(_node.Host.Node.Kernel.Ledger.Find(recorded.Event!.Id), Is.Not.Null);

        var report = await ledger.MergeAsync("somewhere", ["no event"u8.ToArray()], CancellationToken.None);
        Assert.That(report.Rejected, Is.EqualTo(new Dictionary<EventVerdict, int> { [EventVerdict.Malformed] = 1 }));
        Assert.That(
            () => ledger.MergeAsync(
                "somewhere", new ReadOnlyMemory<byte>[LedgerQuery.MostEvents + 1], CancellationToken.None),
            Throws.InstanceOf<ArgumentException>());
    }

    [TestCase(false), TestCase(true)]
    public async Task Hearsay_IsReadableWhereItIsKept_AndIsNoEventOfTheLedger(bool kept)
    {
        await using var node = await TestNode.StartAsync(TestNode.Configuration(kept
            ? """ "node": { "hearsay": true } """ : ""));
        var recorded = (await _node.Host.Node.Kernel.Events.RecordAsync("door", "1"u8.ToArray())).Event!;
        var rumour = new Event(
            recorded.Id, recorded.Timestamp, recorded.Service, recorded.Emitter, "", [], recorded.Data.Span);
        await node.Host.Node.Kernel.Intake.MergeAsync("beta", [rumour], CancellationToken.None);

        var (status, body) = await node.GetAsync("/v1/events?hearsay=true&mode=recent");
        var ledger = (await node.GetAsync("/v1/events")).Body!;
        var list = await Cli.RunAsync(["events", "list", "--hearsay", "--config", node.FileForCommands()]);

        Assert.That(ledger["events"]!.AsArray(), Is.Empty);
        Assert.That((int)(await node.GetAsync($"/v1/events/{recorded.Id}")).Status, Is.EqualTo(404));
        if (!kept)
        {
            Assert.That((int)status, Is.EqualTo(409));
            Assert.That((string?)body!["detail"], Does.StartWith("node.hearsay is not set"));
            Assert.That(list.Error, Does.Contain("node.hearsay is not set"));
            return;
        }
        var shown = body!["events"]!.AsArray().Single()!;
        Assert.That((string?)shown["id"], Is.EqualTo(recorded.Id.ToString()));
        Assert.That(shown.AsObject().ContainsKey("sig"), Is.False);
        Assert.That(list.Output, Does.Contain(recorded.Id.ToString()), list.Error);
        var (sample, problem) = await node.GetAsync("/v1/events?hearsay=true&mode=sample");
        Assert.That((int)sample, Is.EqualTo(400), problem?.ToJsonString());
    }

    [Test]
    public async Task List_OfLargeEvents_GoesOutInParts()
    {
        var data = System.Text.Encoding.ASCII.GetBytes($"\"{new string('x', 60_000)}\"");
        var events = Enumerable.Range(1, 100)
            .Select(i => new Event(new EventId((UInt128)i), i, "door", "e", "", [], data)).ToList();
        await using var body = new Parts();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext { Response = { Body = body } };

        await new Api.EventsResult(
            new LedgerPage(events, new LedgerCursor(100, new EventId(100))), _node.Host.Node.Codec)
            .ExecuteAsync(context);

        var json = JsonNode.Parse(body.ToArray())!;
        Assert.That(
            json["events"]!.AsArray().Select(e => (long)e!["ts"]!), Is.EqualTo(events.Select(e => e.Timestamp)));
        Assert.That((string?)json["next"], Is.EqualTo($"100:{new EventId(100)}"));
        Assert.That(body.MostBetweenFlushes, Is.LessThan(3 * Api.EventsResult.BytesAtOnce));
    }

    private sealed class Parts : MemoryStream
    {
        private long _flushed;

        public long MostBetweenFlushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            MostBetweenFlushes = Math.Max(MostBetweenFlushes, Length - _flushed);
            _flushed = Length;
            return Task.CompletedTask;
        }
    }

    private async Task<(int Status, JsonNode? Body)> PostAsync(string path, string body)
    {
        var (status, answer) = await _node.CallAsync(HttpMethod.Post, path, body);
        return ((int)status, answer);
    }

    private async Task<List<string>> IdsAsync(string query)
    {
        var page = (await _node.GetAsync($"/v1/events?{query}")).Body!;
        return [.. page["events"]!.AsArray().Select(e => e!["id"]!.GetValue<string>())];
    }
}
