using System.Net;
using System.Text.Json.Nodes;

namespace PluginNode.Host.Tests;

public sealed class MessageApiTests
{
    private const string Peers = """
        "peers": [ { "name": "away", "publicKey": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "addresses": ["nowhere:x"] } ]
        """;

    private TestNode _node = null!;

    [SetUp]
    public async Task StartAsync() => _node = await TestNode.StartAsync(TestNode.Configuration(Peers));

    [TearDown]
    public async Task StopAsync() => await _node.DisposeAsync();

    [Test]
    public async Task Send_Critical_IsAcceptedAndListed()
    {
        var sent = await _node.SendAsync(
            """{ "to": "away", "protocol": "/test/critical", "text": "hi", "key": "k", "ttl": "1h", "attributes": { "a": "b" } }""");
        Assert.That(sent["durability"]!.GetValue<string>(), Is.EqualTo("stable"));

        var list = (await _node.GetAsync("/v1/messages?to=away")).Body!;
        var message = list["messages"]!.AsArray().Single()!;
        Assert.Multiple(() =>
        {
            Assert.That(Text(message, "id"), Is.EqualTo(Text(sent, "id")));
            Assert.That(Text(message, "toName"), Is.EqualTo("away"));
            Assert.That(Text(message, "to"), Does.StartWith("12D3KooW"));
            Assert.That(Text(message, "level"), Is.EqualTo("critical"));
            Assert.That(Text(message, "key"), Is.EqualTo("k"));
            Assert.That(message["bytes"]!.GetValue<int>(), Is.EqualTo(2));
            Assert.That(message["attributes"]!["a"]!.GetValue<string>(), Is.EqualTo("b"));
            Assert.That(Text(message, "expires"), Does.EndWith("Z"));
            Assert.That(list.AsObject().ContainsKey("next"), Is.True);
        });
        var one = (await _node.GetAsync($"/v1/messages/{Text(sent, "id")}")).Body!;
        Assert.That(one["history"], Is.Not.Null);
    }

    [Test]
    public async Task Send_Moderate_IsInMemory()
    {
        var sent = await _node.SendAsync("""{ "to": "away", "protocol": "/test/moderate", "payload": "AAEC" }""");
        Assert.That(Text(sent, "durability"), Is.EqualTo("memory"));
    }

    [TestCase("""{ "to": "away", "protocol": "/unmapped", "text": "x" }""", 502, "")]
    [TestCase("""{ "to": "nobody", "protocol": "/test/critical", "text": "x" }""", 404, "there is no peer 'nobody'")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical" }""", 400, "either payload (base64) or text")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical", "text": "x", "payload": "AA==" }""", 400, "either payload")]
    [TestCase("""{ "to": "away", "protocol": "", "text": "x" }""", 400, "protocol")]
    [TestCase("""{ "to": "away", "text": "x" }""", 400, "protocol: is missing")]
    [TestCase("""{ "to": 1, "protocl": "x", "text": "x" }""", 400, "to: a text in quotes is needed; protocl: unknown key")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical", "text": "x", "ttl": "soon" }""", 400, "ttl: a duration")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical", "text": "x", "id": "7" }""", 400, "id: a UUID")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical", "text": "x", "level": "nope" }""", 400, "")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical", "payload": "?" }""", 400, "payload: base64")]
    [TestCase("""{ "to": "away", "protocol": "/test/critical", "text": "\ud800" }""", 400, "text: ")]
    [TestCase("""{ "to": "away", "protocol": "/", "text": "", "attributes": { "a": null } }""", 400, "attributes.a: ")]
    [TestCase("""{ "to": "away", "protocol": "/x", "text": "x", "attributes": { "\ud800": "x" } }""", 400, "UTF-16")]
    [TestCase("""{ "to": "away", "protocol": "/x", "text": "x", "text": "y" }""", 400, "text")]
    [TestCase("""{ "to": "away", "protocol": "/x", "text": "x", "attributes": { "a": "1", "a": "2" } }""", 400, "a")]
    [TestCase("""{ "to": "away", "protocol": "/\u001b[31m", "level": "critical", "text": "x" }""", 400, "protocol: ")]
    [TestCase("""{ "to": """, 400, "line 1, byte ")]
    [TestCase("[]", 400, "")]
    [TestCase("null", 400, "")]
    [TestCase("", 400, "a JSON object is needed")]
    public async Task Send_Wrong_IsAProblem(string body, int status, string detail)
    {
        var (code, problem) = await _node.CallAsync(HttpMethod.Post, "/v1/messages", body);
        Assert.That((int)code, Is.EqualTo(status), problem?.ToJsonString());
        Assert.That(problem!["status"]!.GetValue<int>(), Is.EqualTo(status));
        Assert.That(problem["detail"]?.GetValue<string>() ?? "", Does.Contain(detail));
    }

    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "publicKey: these 32 bytes are a point of small order")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=", "publicKey: these 32 bytes are no point of the curve")]
    public async Task PutPeer_KeyThatNoNodeHas_IsAProblem(string key, string detail)
    {
        var body = $$"""{ "publicKey": "{{key}}" }""";
        var (status, problem) = await _node.CallAsync(HttpMethod.Put, "/v1/peers/p", body);
        Assert.That((int)status, Is.EqualTo(400));
        Assert.That(Text(problem!, "detail"), Does.Contain(detail));
    }

    [TestCase("""{ "ids": [null] }""")]
    [TestCase("""{ "ids": ["\ud800"] }""")]
    [TestCase("""{ "ids": null }""")]
    public async Task Ack_Wrong_IsAProblem(string body)
    {
        var (status, problem) = await _node.CallAsync(HttpMethod.Post, "/v1/inbox/ack", body);
        Assert.That((int)status, Is.EqualTo(400), problem?.ToJsonString());
        Assert.That(Text(problem!, "detail"), Does.StartWith("ids"));
    }

    [Test]
    public async Task Wrong_ManyTimesOnOneConnection_IsAnsweredEachTimeAndTheConnectionStays()
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1 };
        var connects = 0;
        handler.ConnectCallback = async (context, cancellation) =>
        {
            connects++;
            var socket = new System.Net.Sockets.Socket(
                System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        };
        using var http = new HttpClient(handler) { BaseAddress = _node.Host.Address };
        http.DefaultRequestHeaders.Authorization = _node.Http.DefaultRequestHeaders.Authorization;
        for (var i = 0; i < 3; i++)
        {
            using var body = new StringContent("""{ "to": 1 }""");
            using var answer = await http.PostAsync(new Uri("/v1/messages", UriKind.Relative), body);
            Assert.That((int)answer.StatusCode, Is.EqualTo(400));
        }
        Assert.That(connects, Is.EqualTo(1));
    }

    [Test]
    public async Task List_BehindTheLargestCursor_IsEmpty(
        [Values("/v1/messages", "/v1/dead-letters", "/v1/inbox")] string path)
    {
        await _node.SendAsync("""{ "to": "away", "protocol": "/test/critical", "text": "x" }""");
        var (status, list) = await _node.GetAsync($"{path}?after={long.MaxValue}");
        Assert.That((int)status, Is.EqualTo(200));
        Assert.That(list!.AsObject().First().Value!.AsArray(), Is.Empty);
    }

    [Test]
    public async Task Batch_SameIdWithOtherContent_IsNeverAccepted()
    {
        const string id = "0198f3a0-0000-7000-8000-000000000002";
        const string line = $$"""{ "to": "away", "protocol": "/test/critical", "id": "{{id}}", "text": "x" }""";
        var other = line.Replace("\"x\"", "\"y\"", StringComparison.Ordinal);
        using var body = new StringContent($"{line}\n{other}\n{line}");
        using var answer = await _node.Http.PostAsync(new Uri("/v1/messages/batch", UriKind.Relative), body);
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(
            lines.Select(l => JsonNode.Parse(l)!["status"]!.GetValue<int>()), Is.EqualTo(new[] { 202, 409, 202 }));
    }

    [Test]
    public async Task Send_SameIdAgain_AnswersTheFirstResultOr409()
    {
        const string id = "0198f3a0-0000-7000-8000-000000000001";
        const string body = $$"""{ "to": "away", "protocol": "/test/critical", "text": "x", "id": "{{id}}" }""";
        Assert.That(Text(await _node.SendAsync(body), "id"), Is.EqualTo(id));
        Assert.That(Text(await _node.SendAsync(body), "id"), Is.EqualTo(id));
        Assert.That((await _node.GetAsync("/v1/messages")).Body!["messages"]!.AsArray(), Has.Count.EqualTo(1));
        var (status, problem) = await _node.CallAsync(
            HttpMethod.Post, "/v1/messages", body.Replace("\"x\"", "\"y\"", StringComparison.Ordinal));
        Assert.That(status, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(Text(problem!, "id"), Is.EqualTo(id));
    }

    [Test]
    public async Task Send_TooLarge_Is413()
    {
        await using var small = await TestNode.StartAsync("""
            {
              "store": "memory", "api": { "listen": "http://127.0.0.1:0" },
              "delivery": { "protocols": { "/test/critical": "critical" }, "limits": { "payload": "1KiB" } },
              "peers": [ { "name": "away", "publicKey": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" } ]
            }
            """);
        var (status, problem) = await small.CallAsync(HttpMethod.Post, "/v1/messages",
            $$"""{ "to": "away", "protocol": "/test/critical", "text": "{{new string('x', 2000)}}" }""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge), problem?.ToJsonString());
        var (huge, _) = await small.CallAsync(HttpMethod.Post, "/v1/messages",
            $$"""{ "to": "away", "protocol": "/test/critical", "text": "{{new string('x', 3 << 20)}}" }""");
        Assert.That(huge, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task List_PageByPage_GivesEachOnceInOrder()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add(Text(await _node.SendAsync($$"""{ "to": "away", "protocol": "/test/critical", "text": "{{i}}" }"""), "id"));
        var seen = new List<string>();
        for (long? after = 0; after is not null;)
        {
            var page = (await _node.GetAsync($"/v1/messages?limit=2&after={after}")).Body!;
            seen.AddRange(page["messages"]!.AsArray().Select(m => Text(m!, "id")));
            after = page["next"]?.GetValue<long>();
        }
        Assert.That(seen, Is.EqualTo(ids));
    }

    [TestCase("/v1/messages?limit=0", 400)]
    [TestCase("/v1/messages?limit=x", 400)]
    [TestCase("/v1/messages?state=nope", 400)]
    [TestCase("/v1/messages?to=nobody", 404)]
    [TestCase("/v1/messages/0198f3a0-0000-7000-8000-000000000009", 404)]
    [TestCase("/v1/messages/x", 404)]
    [TestCase("/v1/inbox?wait=soon", 400)]
    [TestCase("/v1/inbox?limit=1001", 400)]
    [TestCase("/v1/peers/nobody", 404)]
    [TestCase("/v1/nothing", 404)]
    public async Task Get_Wrong_IsAProblem(string path, int status)
    {
        var (code, problem) = await _node.GetAsync(path);
        Assert.That((int)code, Is.EqualTo(status));
        Assert.That(problem!["type"]!.GetValue<string>(), Is.EqualTo("about:blank"));
    }

    [Test]
    public async Task Cancel_ThenAgain_IsGoneOrSaysWhy()
    {
        var id = Text(await _node.SendAsync("""{ "to": "away", "protocol": "/test/critical", "text": "x" }"""), "id");
        var (status, body) = await _node.CallAsync(HttpMethod.Delete, $"/v1/messages/{id}", null);
        Assert.That((int)status, Is.AnyOf(200, 204), body?.ToJsonString());
        Assert.That((await _node.GetAsync("/v1/messages")).Body!["messages"]!.AsArray(), Is.Empty);
        var (again, _) = await _node.CallAsync(HttpMethod.Post, $"/v1/messages/{id}/retry", null);
        Assert.That((int)again, Is.AnyOf(404, 409));
    }

    [Test]
    public async Task Batch_AnswersALineForEachInOrder()
    {
        const string lines = """
            { "to": "away", "protocol": "/test/critical", "text": "1" }
            { "to": "nobody", "protocol": "/test/critical", "text": "2" }

            { "to": "away", "protocol": "/test/moderate", "text": "3" }
            nonsense
            """;
        using var response = await _node.Http.PostAsync("/v1/messages/batch", new StringContent(lines));
        var answers = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonNode.Parse(l)!).ToList();
        Assert.That(answers.Select(a => a["status"]!.GetValue<int>()), Is.EqualTo(new[] { 202, 404, 202, 400 }));
        Assert.That(Text(answers[0], "durability"), Is.EqualTo("stable"));
        Assert.That(Text(answers[1], "error"), Does.Contain("nobody"));
    }

    [Test]
    public async Task Batch_OfThousands_KeepsTheOrder()
    {
        var lines = string.Concat(Enumerable.Range(0, 3000).Select(i =>
            $$"""{"to":"away","protocol":"/test/critical","text":"{{i}}","attributes":{"n":"{{i}}"} }""" + "\n"));
        using var response = await _node.Http.PostAsync("/v1/messages/batch", new StringContent(lines));
        var ids = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => Text(JsonNode.Parse(l)!, "id")).ToList();
        var list = (await _node.GetAsync("/v1/messages?limit=1000")).Body!["messages"]!.AsArray();
        Assert.That(ids, Has.Count.EqualTo(3000));
        Assert.That(list.Select(m => Text(m!, "id")), Is.EqualTo(ids.Take(1000)));
        Assert.That(list.Select(m => m!["attributes"]!["n"]!.GetValue<string>()), Is.EqualTo(
            Enumerable.Range(0, 1000).Select(i => $"{i}")));
    }

    [Test]
    public async Task Stop_WithALongPollOpen_EndsIt()
    {
        var poll = _node.GetAsync("/v1/inbox?wait=5m");
        await _node.Host.StopAsync(CancellationToken.None);
        var ended = await Task.WhenAny(poll, Task.Delay(TimeSpan.FromSeconds(30)));
        Assert.That(ended, Is.SameAs(poll));
        try
        {
            await poll;
        }
        catch (HttpRequestException)
        {
            // The connection was not even taken any more.
        }
    }

    [Test]
    public async Task OpenApi_DescribesTheRoutes()
    {
        var document = (await _node.GetAsync("/openapi/v1.json")).Body!;
        var send = document["paths"]!["/v1/messages"]!["post"]!;
        Assert.That(document["openapi"]!.GetValue<string>(), Does.StartWith("3."));
        Assert.That(send["requestBody"]!["content"]!.AsObject().Select(c => c.Key), Is.EqualTo(new[] { "application/json" }));
        Assert.That(send["responses"]!.AsObject().Select(r => r.Key), Does.Contain("507"));
        Assert.That(document["paths"]!.AsObject().Select(p => p.Key), Does.Contain("/v1/inbox/ack").And.Contain("/metrics"));
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
