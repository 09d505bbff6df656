using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>The server beyond what was recorded: who is hostile, who is asked too much, and who is no
/// PluginNode.</summary>
[TestFixture]
internal sealed class SyncServerTests
{
    private const string Recent = """{"from":"rec","mode":"recent","limit":9}""";

    private static string Head(SyncEnd peer, string more) => ServerReplayTests.Signed(
        $"POST /events/sync HTTP/1.1\r\nHost: x\r\nX-Nara-Name: rec\r\nX-Nara-Timestamp: {peer.Now}\r\n"
        + $"X-Nara-Signature: -\r\n{more}\r\n");

    private static async Task<SyncEnd> StartAsync(MeshHttpOptions? options = null)
    {
        var peer = new SyncEnd("bob", options);
        peer.Knows("rec", SyncVectors.Identities["alice"].Self);
        return await peer.StartAsync();
    }

    private static async Task<IReadOnlyList<long>> TimesAsync(SyncEnd peer, string body) =>
        [.. JsonNode.Parse(await ServerReplayTests.PostAsync(peer, body))!["events"]?.AsArray()
            .Select(e => (long)e!["ts"]!) ?? []];

    [TestCase("/events/sync")]
    [TestCase("/pluginnode/days")]
    public async Task Post_WithoutALedger_IsNotFound(string path)
    {
        await using var node = await new TestNode(new KeyRing()).StartAsync();
        using var http = new HttpClient();

        using var response = await http.PostAsync(new Uri(node.Url, path), new StringContent("{}"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Ping_WithALedger_SaysSo()
    {
        await using var peer = await StartAsync();
        using var http = new HttpClient();

        var answer = JsonNode.Parse(await http.GetStringAsync(new Uri(peer.Url, "/ping")))!;

        Assert.That((string)answer["from"]!, Is.EqualTo("bob"), "the name that it signs with");
        Assert.That(
            answer["pluginnode"]!.AsArray().Select(a => (string)a!), Is.EqualTo(["frames", "sync", "days"]));
    }

    [TestCase("Content-Length: 2000000\r\n", "")]
    [TestCase("Transfer-Encoding: chunked\r\n", "endless")]
    public async Task Post_TooLarge_IsRefusedSignedAndClosed(string more, string body)
    {
        await using var peer = await StartAsync();
        using var connection = await RawConnection.OpenAsync(peer.Url);
        await connection.Stream.WriteAsync(FakeServer.Text(Head(peer, more)));

        var sending = body.Length == 0 ? Task.CompletedTask : SendEndlesslyAsync(connection);
        var head = await connection.ReadHeadAsync();

        Assert.That(head, Does.StartWith("HTTP/1.1 413 "));
        Assert.That(SyncVectors.HeaderOf(head, "X-Nara-Name"), Is.EqualTo("bob"));
        Assert.That(SyncVectors.HeaderOf(head, "Connection"), Is.EqualTo("close"));
        await sending;
    }

    [TestCase("[]")]
    [TestCase("")]
    [TestCase("\"x\"")]
    [TestCase("""{"from":7}""")]
    [TestCase("""{"from":"rec","limit":1.5}""")]
    [TestCase("""{"from":"rec","limit":99999999999999999999}""")]
    [TestCase("""{"from":"rec","subjects":"x"}""")]
    [TestCase("""{"from":"rec","subjects":[1]}""")]
    [TestCase("""{"from":"rec","mode":"\uD800"}""")]
    public async Task Post_OfAnotherType_IsInvalid(string body)
    {
        await using var peer = await StartAsync();
        Assert.That(await ServerReplayTests.PostAsync(peer, body), Is.EqualTo("Invalid JSON\n"));
    }

    [Test]
    public async Task Post_DeeperThanJsonMayBe_IsInvalid()
    {
        await using var peer = await StartAsync();
        var deep = "{\"x\":" + new string('[', 50_000);
        Assert.That(await ServerReplayTests.PostAsync(peer, deep), Is.EqualTo("Invalid JSON\n"));
    }

    [Test]
    public async Task Post_WithHugeSlices_IsAnswered()
    {
        await using var peer = await StartAsync();
        peer.Ledger.Add(5, 1);
        const string body = """
            {"from":"rec","slice_index":-1,"slice_total":9223372036854775807,"since_time":-9,"max_events":-9}
            """;
        Assert.That(await TimesAsync(peer, body), Is.EqualTo([5L]));
    }

    [TestCase(5000), TestCase(10)]
    public async Task Post_ForASliceOfMoreThanItsSize_GetsTheNewestOfIt(int size)
    {
        await using var peer = await StartAsync();
        for (var i = 1; i <= 10_400; i++) peer.Ledger.Add(i, i);

        var times = await TimesAsync(
            peer, $$"""{"from":"rec","slice_index":1,"slice_total":2,"max_events":{{size}}}""");

        Assert.That(times, Is.EqualTo(
            Enumerable.Range(1, 10_400).Select(i => (long)i).Where(i => i % 2 == 0).TakeLast(size)));
    }

    [Test]
    public async Task Post_ToNara_HoldsNoServiceThatOnlyPluginNodesKnow()
    {
        await using var peer = await StartAsync();
        for (var i = 1; i <= 40; i++) peer.Ledger.Add(i, i, i % 10 == 0 ? "social" : "app");

        Assert.That(await TimesAsync(peer, Recent), Is.EqualTo([40L, 30, 20, 10]));
        Assert.That(
            await TimesAsync(peer, """{"from":"rec","mode":"page","page_size":3}"""), Is.EqualTo([10L, 20, 30]));
        Assert.That(await TimesAsync(peer, """{"from":"rec","mode":"sample"}"""), Is.EqualTo([10L, 20, 30, 40]));
        Assert.That(await TimesAsync(peer, """{"from":"rec","max_events":2}"""), Is.EqualTo([30L, 40]));
        Assert.That(await TimesAsync(peer, """{"from":"rec","mode":"page","services":["app"]}"""), Is.Empty);
    }

    [Test]
    public async Task Post_PageToNara_EndsBetweenTwoTimestamps()
    {
        await using var peer = await StartAsync();
        foreach (var (time, i) in new[] { 1L, 2, 2, 2, 3, 3, 4 }.Select((t, i) => (t, i))) peer.Ledger.Add(time, i);

        var answer = JsonNode.Parse(await ServerReplayTests.PostAsync(
            peer, """{"from":"rec","mode":"page","page_size":5}"""))!;

        Assert.That(answer["events"]!.AsArray(), Has.Count.EqualTo(4));
        Assert.That((string)answer["next_cursor"]!, Is.EqualTo("2"));
        Assert.That(
            await TimesAsync(peer, """{"from":"rec","mode":"page","page_size":5,"cursor":"2"}"""),
            Is.EqualTo([3L, 3, 4]));
    }

    [Test]
    public async Task Post_MoreThanFits_IsCutAndGoesOn()
    {
        await using var peer = await StartAsync(new MeshHttpOptions { MaxSyncBytes = 65_536 });
        for (var i = 1; i <= 20; i++) peer.Ledger.Add(i, i, bytes: 10_000);

        var first = await TimesAsync(peer, """{"from":"rec","mode":"page"}""");
        var rest = await TimesAsync(
            peer, $$"""{"from":"rec","mode":"page","cursor":"{{first[^1]}}"}""");

        Assert.That(first.Concat(rest), Is.EqualTo(Enumerable.Range(1, 12).Select(i => (long)i)));
        Assert.That(await TimesAsync(peer, Recent), Is.EqualTo([20L, 19, 18, 17, 16, 15]));
        Assert.That(await TimesAsync(peer, """{"from":"rec"}"""), Is.EqualTo([15L, 16, 17, 18, 19, 20]));
    }

    [Test]
    public async Task Post_AskedForGzip_CompressesAndSignsWhatIsInside()
    {
        await using var peer = await StartAsync();
        for (var i = 1; i <= 9; i++) peer.Ledger.Add(i, i, bytes: 5000);

        var more = $"Accept-Encoding: deflate, gzip\r\nConnection: close\r\nContent-Length: {Recent.Length}\r\n";

        var answer = await ServerReplayTests.ExchangeAsync(peer, Head(peer, more) + Recent);

        var (head, body) = SyncVectors.Parts(answer);
        Assert.That(SyncVectors.HeaderOf(head, "Content-Encoding"), Is.EqualTo("gzip"));
        Assert.That(body, Has.Length.LessThan(9000));
        using var gzip = new GZipStream(new MemoryStream(SyncVectors.Bytes(body)), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.Latin1);
        ServerReplayTests.AssertSigned(peer, head, await reader.ReadToEndAsync(), isSigned: true);
    }

    [Test]
    public async Task Post_TooOften_IsToldWhenToAskAgain()
    {
        await using var peer = await StartAsync(new MeshHttpOptions { SyncCallsPerSecond = 1 });
        var heads = new List<string>();
        for (var i = 0; i < 30; i++)
            heads.Add(await ServerReplayTests.ExchangeAsync(
                peer, Head(peer, $"Connection: close\r\nContent-Length: {Recent.Length}\r\n") + Recent));

        var refused = heads.Where(h => h.StartsWith("HTTP/1.1 429 ", StringComparison.Ordinal)).ToList();
        Assert.That(heads[0], Does.StartWith("HTTP/1.1 200 "));
        Assert.That(refused, Is.Not.Empty);
        Assert.That(SyncVectors.HeaderOf(refused[0], "Retry-After"), Is.EqualTo("1"));
    }

    [Test]
    public void SeenRequests_TellAReplayFromABurst()
    {
        var time = new ManualTime();
        var seen = new SeenRequests(time);
        var (peer, here) = (SyncVectors.Identities["alice"].Self, IPAddress.Loopback);
        var signature = new byte[64];
        NonceVerdict Add(IPAddress? from) => seen.Add(peer, signature, from);

        for (var i = 0; i < SeenRequests.MaxBurst; i++) Assert.That(Add(here), Is.EqualTo(NonceVerdict.New));
        Assert.That(Add(here), Is.EqualTo(NonceVerdict.Seen), "an eleventh");
        signature[3]++;
        Assert.That(Add(here), Is.EqualTo(NonceVerdict.New));
        Assert.That(Add(IPAddress.Parse("10.0.0.9")), Is.EqualTo(NonceVerdict.Seen), "from elsewhere");
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(Add(here), Is.EqualTo(NonceVerdict.Seen), "later");
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(Add(here), Is.EqualTo(NonceVerdict.New), "forgotten, as its timestamp is stale by now");
    }

    [Test]
    public void CallLimits_BoundCallsUnderWayAndRate()
    {
        var time = new ManualTime();
        var limits = new CallLimits(100, time);
        var (peer, other) = (SyncVectors.Identities["alice"].Self, SyncVectors.Identities["bob"].Self);

        for (var i = 0; i < CallLimits.AtOnce; i++) Assert.That(limits.TryEnter(peer), Is.True);
        Assert.That(limits.TryEnter(peer), Is.False);
        Assert.That(limits.TryEnter(other), Is.True, "others do not notice");
        limits.Leave(peer);
        for (var i = CallLimits.AtOnce; i < 200; i++)
        {
            Assert.That(limits.TryEnter(peer), Is.True);
            limits.Leave(peer);
        }
        Assert.That(limits.TryEnter(peer), Is.False);
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.That(limits.TryEnter(peer), Is.True);
        Assert.That(limits.TryEnter(peer), Is.False);
    }

    // until the server has enough of it
    private static async Task SendEndlesslyAsync(RawConnection connection)
    {
        var chunk = FakeServer.Text("10000\r\n" + new string(' ', 0x10000) + "\r\n");
        try
        {
            for (var i = 0; i < 10_000; i++) await connection.Stream.WriteAsync(chunk);
            Assert.Fail("the server took 600 MB");
        }
        catch (IOException)
        {
            // it closed the connection
        }
    }
}
