using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace PluginNode.Host.Tests;

public sealed class DeliveryApiTests
{
    private TestPair _pair = null!;

    [SetUp]
    public async Task StartAsync() => _pair = await TestPair.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _pair.DisposeAsync();

    [Test]
    public async Task Send_WithWait_TellsTheEnd_AndTheInboxHasIt()
    {
        var (status, sent) = await _pair.Alpha.CallAsync(HttpMethod.Post, "/v1/messages?wait=delivered&timeout=30s",
            """{ "to": "beta", "protocol": "/test/critical", "text": "grüße", "attributes": { "a": "b" } }""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), sent?.ToJsonString());
        Assert.That(Text(sent!, "state"), Is.EqualTo("delivered"));

        var message = (await InboxAsync()).Single()!;
        Assert.Multiple(() =>
        {
            Assert.That(Text(message, "id"), Is.EqualTo(Text(sent!, "id")));
            Assert.That(Text(message, "from"), Is.EqualTo(TestPair.IdOf(_pair.Alpha).ToString()));
            Assert.That(Text(message, "fromName"), Is.EqualTo("alpha"));
            Assert.That(Text(message, "text"), Is.EqualTo("grüße"));
            Assert.That(Text(message, "payload"), Is.EqualTo(Convert.ToBase64String(Encoding.UTF8.GetBytes("grüße"))));
            Assert.That(Text(message, "level"), Is.EqualTo("critical"));
            Assert.That(message["attributes"]!["a"]!.GetValue<string>(), Is.EqualTo("b"));
        });
    }

    [Test]
    public async Task Send_None_AnswersItsOutcome()
    {
        var (status, sent) = await _pair.Alpha.CallAsync(
            HttpMethod.Post, "/v1/messages", """{ "to": "beta", "protocol": "/unmapped", "text": "x" }""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), sent?.ToJsonString());
        Assert.That(Text(sent!, "state"), Is.EqualTo("delivered"));
    }

    [Test]
    public async Task Payload_ThatIsNoText_HasNoText()
    {
        await _pair.Alpha.SendAsync("""{ "to": "beta", "protocol": "/test/critical", "payload": "//79" }""");
        var message = (await InboxAsync()).Single()!;
        Assert.That(Text(message, "payload"), Is.EqualTo("//79"));
        Assert.That(message.AsObject().ContainsKey("text"), Is.False);
    }

    [Test]
    public async Task Ack_RemovesOnce()
    {
        await _pair.Alpha.SendAsync("""{ "to": "beta", "protocol": "/test/critical", "text": "x" }""");
        var message = (await InboxAsync()).Single()!;
        var body = $$"""{ "ids": ["{{Text(message, "from")}}/{{Text(message, "id")}}"] }""";
        var (_, first) = await _pair.Beta.CallAsync(HttpMethod.Post, "/v1/inbox/ack", body);
        var (_, second) = await _pair.Beta.CallAsync(HttpMethod.Post, "/v1/inbox/ack", body);
        Assert.That(first!["acknowledged"]!.GetValue<int>(), Is.EqualTo(1));
        Assert.That(second!["acknowledged"]!.GetValue<int>(), Is.Zero);
        Assert.That(second["unknown"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That((await _pair.Beta.GetAsync("/v1/inbox")).Body!["messages"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task Ack_OfNonsense_Is400()
    {
        var (status, problem) = await _pair.Beta.CallAsync(HttpMethod.Post, "/v1/inbox/ack", """{ "ids": ["x"] }""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(Text(problem!, "detail"), Does.Contain("ids[0]"));
    }

    [Test]
    public async Task Inbox_Filters_AndGoesOnBehindNext()
    {
        foreach (var (protocol, text) in new[] { ("/test/critical", "1"), ("/test/moderate", "2"), ("/test/critical", "3") })
            await _pair.Alpha.CallAsync(HttpMethod.Post, "/v1/messages?wait=delivered&timeout=30s",
                $$"""{ "to": "beta", "protocol": "{{protocol}}", "text": "{{text}}" }""");
        var all = (await _pair.Beta.GetAsync("/v1/inbox?from=alpha&limit=2")).Body!;
        Assert.That(Texts(all["messages"]!.AsArray()), Is.EqualTo(new[] { "1", "2" }));
        var rest = (await _pair.Beta.GetAsync($"/v1/inbox?after={all["next"]}")).Body!;
        Assert.That(Texts(rest["messages"]!.AsArray()), Is.EqualTo(new[] { "3" }));
        var some = (await _pair.Beta.GetAsync("/v1/inbox?protocol=%2Ftest%2Fmoderate")).Body!;
        Assert.That(Texts(some["messages"]!.AsArray()), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task Stream_SendsWhatIsThereAndWhatComes()
    {
        await _pair.Alpha.SendAsync("""{ "to": "beta", "protocol": "/test/critical", "text": "1" }""");
        using var response = await _pair.Beta.Http.GetAsync("/v1/inbox/stream", HttpCompletionOption.ResponseHeadersRead);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var (first, cursor) = await EventAsync(reader);
        await _pair.Alpha.SendAsync("""{ "to": "beta", "protocol": "/test/critical", "text": "2" }""");
        var (second, _) = await EventAsync(reader);
        Assert.That(new[] { Text(first, "text"), Text(second, "text") }, Is.EqualTo(new[] { "1", "2" }));

        using var resumed = new HttpRequestMessage(HttpMethod.Get, "/v1/inbox/stream");
        resumed.Headers.Add("Last-Event-ID", cursor);
        using var again = await _pair.Beta.Http.SendAsync(resumed, HttpCompletionOption.ResponseHeadersRead);
        using var rest = new StreamReader(await again.Content.ReadAsStreamAsync());
        Assert.That(Text((await EventAsync(rest)).Message, "text"), Is.EqualTo("2"));
    }

    [Test]
    public async Task Peers_PauseHoldsAndResumeDelivers()
    {
        await _pair.Alpha.CallAsync(HttpMethod.Post, "/v1/peers/beta/pause", null);
        var sent = await _pair.Alpha.SendAsync("""{ "to": "beta", "protocol": "/test/critical", "text": "x" }""");
        var (delete, _) = await _pair.Alpha.CallAsync(HttpMethod.Delete, "/v1/peers/beta", null);
        Assert.That(delete, Is.EqualTo(HttpStatusCode.Conflict));
        var (_, resumed) = await _pair.Alpha.CallAsync(HttpMethod.Post, "/v1/peers/beta/resume", null);
        Assert.That(resumed!["paused"]!.GetValue<bool>(), Is.False);
        Assert.That(Text((await InboxAsync()).Single()!, "id"), Is.EqualTo(Text(sent, "id")));
    }

    [Test]
    public async Task Peers_RemovedWithWaiting_LeavesDeadLettersThatCanBePurged()
    {
        await _pair.Alpha.CallAsync(HttpMethod.Post, "/v1/peers/beta/pause", null);
        var id = Text(await _pair.Alpha.SendAsync("""{ "to": "beta", "protocol": "/test/critical", "text": "x" }"""), "id");
        var (status, _) = await _pair.Alpha.CallAsync(HttpMethod.Delete, "/v1/peers/beta?waiting=dead-letter", null);
        Assert.That(status, Is.EqualTo(HttpStatusCode.NoContent));
        var (_, ended) = await _pair.Alpha.GetAsync($"/v1/messages/{id}");
        Assert.That(ended, Is.Not.Null);
        var (_, list) = await _pair.Alpha.GetAsync("/v1/dead-letters");
        Assert.That(Text(list!["deadLetters"]!.AsArray().Single()!, "id"), Is.EqualTo(id));
        var (purged, _) = await _pair.Alpha.CallAsync(HttpMethod.Delete, $"/v1/dead-letters/{id}", null);
        Assert.That(purged, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await _pair.Alpha.GetAsync("/v1/dead-letters")).Body!["deadLetters"]!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task Metrics_Conserve_AndNameNoPeer()
    {
        await _pair.Alpha.CallAsync(HttpMethod.Post, "/v1/messages?wait=delivered&timeout=30s",
            """{ "to": "beta", "protocol": "/test/critical", "text": "x" }""");
        var text = await _pair.Alpha.Http.GetStringAsync("/metrics");
        var values = text.Split('\n').Where(l => l.StartsWith("pluginnode_messages_", StringComparison.Ordinal))
            .Select(l => l.Split(' ')).ToDictionary(l => l[0]["pluginnode_messages_".Length..], l => long.Parse(l[1], null));
        Assert.That(values["accepted_total"], Is.EqualTo(1));
        Assert.That(values["delivered_total"], Is.EqualTo(1));
        Assert.That(
            values["accepted_total"] + values["restored_total"] + values["replayed_total"],
            Is.EqualTo(values["delivered_total"] + values["sent_total"] + values["dead_total"] + values["cancelled_total"]
                + values["quarantined_total"] + values["waiting"]));
        Assert.That(text, Does.Not.Contain("beta").And.Not.Contain("12D3KooW"));
    }

    private async Task<JsonArray> InboxAsync() =>
        (await _pair.Beta.GetAsync("/v1/inbox?wait=30s")).Body!["messages"]!.AsArray();

    private static IEnumerable<string> Texts(JsonArray messages) => messages.Select(m => Text(m!, "text"));

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static async Task<(JsonNode Message, string Cursor)> EventAsync(StreamReader reader)
    {
        var cursor = "";
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal)) cursor = line[4..];
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return (JsonNode.Parse(line[6..])!, cursor);
        }
        throw new AssertionException("the stream ended");
    }
}
