using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>A neighbour that signs well and means no good, or is no neighbour: every time an outcome, and no exception.
/// </summary>
[TestFixture]
internal sealed class HostileNeighbourTests
{
    private readonly NodeIdentity _key = SyncVectors.Identities["bob"];
    private SyncEnd _alice = null!;

    [SetUp]
    public void SetUp() => _alice = new SyncEnd("alice");

    [TearDown]
    public async Task TearDown() => await _alice.DisposeAsync();

    /// <summary>What bob answers, signed in its headers and, where <c>SIG</c> stands in it, in its body.</summary>
    private byte[] Answer(string body, string ids = "", long skew = 0, byte[]? sent = null, string more = "")
    {
        var signer = new NaraSigner(_key, "bob");
        var seconds = _alice.Now / 1000;
        var signature = new byte[64];
        signer.SignEvents(seconds, [.. ids.Chunk(32).Select(Id)], signature);
        var bytes = Encoding.UTF8.GetBytes(
            body.Replace("SIG", $"\"ts\":{seconds},\"sig\":\"{Convert.ToBase64String(signature)}\""));
        var time = _alice.Now + skew;
        signer.SignResponse(time, SHA256.HashData(bytes), signature);
        sent ??= bytes;
        return
        [
            .. FakeServer.Text(
                $"HTTP/1.1 200 OK\r\nX-Nara-Name: bob\r\nX-Nara-Timestamp: {time}\r\nX-Nara-Signature: "
                + $"{Convert.ToBase64String(signature)}\r\n{more}Content-Length: {sent.Length}\r\n"
                + "Connection: close\r\n\r\n"),
            .. sent,
        ];
    }

    private static Events.EventId Id(char[] text) =>
        Events.EventId.TryParse(new string(text), out var id) ? id : throw new FormatException();

    private async Task<SyncReply> AskAsync(byte[]? answer, SyncRequest? request = null)
    {
        await using var server = new FakeServer(_ => answer);
        return await _alice.Client.AskAsync(
            new SyncNeighbour("bob", _key.Self, server.Address), request ?? Page(), CancellationToken.None);
    }

    private static SyncRequest Page(string? cursor = null, int size = 10) =>
        new() { Mode = SyncRequest.Page, PageSize = size, Cursor = cursor };

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("\"x\"")]
    [TestCase("{}{}")]
    [TestCase("""{"from":"bob","events":{},SIG}""")]
    [TestCase("""{"from":"bob","events":"x",SIG}""")]
    [TestCase("""{"from":7,"events":[],SIG}""")]
    [TestCase("""{"from":"bob","events":[],"ts":1.5}""")]
    [TestCase("""{"from":"bob","events":[],"ts":99999999999999999999}""")]
    [TestCase("""{"from":"bob","events":[],"EVENTS":[],SIG}""")]
    [TestCase("""{"from":"\uD800","events":[],SIG}""")]
    [TestCase("""{"from":"bob","events":[],"next_cursor":"next week",SIG}""")]
    [TestCase("""{"from":"bob","events":[],SIG} more""")]
    public async Task Answer_ThatIsNone_IsMalformed(string body)
    {
        var reply = await AskAsync(Answer(body));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Malformed), reply.Reason);
        Assert.That(reply.Events, Is.Empty);
    }

    [Test]
    public async Task Answer_TooDeep_IsMalformed()
    {
        var reply = await AskAsync(Answer("{\"from\":\"bob\",\"events\":[" + new string('[', 100_000)));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Malformed), reply.Reason);
    }

    [Test]
    public async Task Answer_WithMoreEventsThanAnybodyGives_IsMalformed()
    {
        var many = string.Join(',', Enumerable.Repeat("0", 5001));
        var reply = await AskAsync(Answer($$"""{"from":"bob","events":[{{many}}],SIG}"""));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Malformed), reply.Reason);
    }

    [Test]
    public async Task Answer_WithEventsThatAreNone_IsHandedOverForTheKernelToRefuse()
    {
        var reply = await AskAsync(Answer("""{"from":"bob","events":[7,null,"x",[],{"id":""},{"id":null}],SIG}"""));

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Answered), reply.Reason);
        Assert.That(
            reply.Events.Select(e => Encoding.UTF8.GetString(e.Span)),
            Is.EqualTo(["7", "null", "\"x\"", "[]", "{\"id\":\"\"}", "{\"id\":null}"]));
    }

    [Test]
    public async Task Answer_OfSomebodyElse_IsNotBelieved()
    {
        const string good = """{"from":"bob","events":[],SIG}""", other = """{"from":"eve","events":[],SIG}""";
        const string unsigned = """{"from":"bob","events":[]}""";
        Assert.That((await AskAsync(Answer(good))).Outcome, Is.EqualTo(AskOutcome.Answered));
        Assert.That((await AskAsync(Answer(other))).Outcome, Is.EqualTo(AskOutcome.WrongSignature));
        Assert.That((await AskAsync(Answer(unsigned))).Outcome, Is.EqualTo(AskOutcome.WrongSignature));
        var mallory = new SyncNeighbour("mallory", _key.Self, TestNode.Parse("mesh+http://127.0.0.1:1"));
        await using var server = new FakeServer(_ => Answer(good));
        var reply = await _alice.Client.AskAsync(
            mallory with { Address = server.Address }, Page(), CancellationToken.None);
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.WrongSignature));
    }

    [TestCase(-31_000)]
    [TestCase(31_000)]
    public async Task Answer_OfAnotherTime_IsNotTaken(long skew)
    {
        var reply = await AskAsync(Answer("""{"from":"bob","events":[],SIG}""", skew: skew));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.NotFresh), reply.Reason);
    }

    [TestCase("X-PluginNode-Signature: AAAA\r\n")]
    [TestCase("X-PluginNode-Timestamp: 5\r\nX-PluginNode-Signature: "
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\n")]
    public async Task Answer_WithAProofForAnotherRequest_IsNotBelieved(string proof)
    {
        var reply = await AskAsync(Answer("""{"from":"bob","events":[],SIG}""", more: proof));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.WrongSignature), reply.Reason);
    }

    [TestCase("5", "5")]
    [TestCase("5", "4")]
    [TestCase("5:00000000000000000000000000000009", "5:00000000000000000000000000000009")]
    [TestCase("5:00000000000000000000000000000009", "5:00000000000000000000000000000008")]
    public async Task Answer_WhoseCursorGoesBack_EndsThere(string asked, string next)
    {
        var reply = await AskAsync(
            Answer($$"""{"from":"bob","events":null,"next_cursor":"{{next}}",SIG}"""), Page(asked));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.RepeatedCursor), reply.Reason);
        Assert.That(reply.Next, Is.Null);
    }

    [TestCase(null, "100", "99")]
    [TestCase("50", "100", "99")]
    [TestCase("99", "100", "100")]
    [TestCase("5", "5:00000000000000000000000000000009", null)]
    [TestCase("4", "5:00000000000000000000000000000009", "5:00000000000000000000000000000009")]
    public async Task Answer_WithACursor_OverlapsWhereItIsBare(string? asked, string next, string? then)
    {
        var reply = await AskAsync(
            Answer($$"""{"from":"bob","events":null,"next_cursor":"{{next}}",SIG}"""), Page(asked));
        Assert.That(reply.Next?.ToString(), Is.EqualTo(then));
    }

    [Test]
    public async Task Answer_OlderThanThePageAskedFor_IsOfAnOlderPeer()
    {
        var id = new string('a', 32);
        var reply = await AskAsync(
            Answer($$"""{"from":"bob","events":[{"id":"{{id}}","ts":40}],SIG}""", id), Page("50"));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.OlderPeer), reply.Reason);
        Assert.That(reply.Events, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Answer_InAnUnknownEncoding_IsMalformed()
    {
        var reply = await AskAsync(Answer("""{"from":"bob","events":[],SIG}""", more: "Content-Encoding: br\r\n"));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Malformed));
    }

    [Test]
    public async Task Answer_ThatIsNoGzip_IsMalformed()
    {
        var reply = await AskAsync(Answer("""{"from":"bob","events":[],SIG}""", more: "Content-Encoding: gzip\r\n"));
        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Malformed), reply.Reason);
    }

    [Test]
    public async Task Answer_ThatBlowsUp_IsTooLargeAndAskedSmaller()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.ASCII.GetBytes("{\"from\":\"bob\",\"events\":[],\"x\":["));
            for (var i = 0; i < 40; i++) await gzip.WriteAsync(Encoding.ASCII.GetBytes(new string(' ', 1 << 20)));
        }
        var asked = new List<string>();
        var bomb = Answer("", sent: packed.ToArray(), more: "Content-Encoding: gzip\r\n");
        await using var server = new FakeServer(head =>
        {
            asked.Add(FakeServer.Header(head, "Content-Length"));
            return bomb;
        });

        var reply = await _alice.Client.AskAsync(
            new SyncNeighbour("bob", _key.Self, server.Address), Page(size: 300), CancellationToken.None);

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.TooLarge), reply.Reason);
        Assert.That(asked, Has.Count.EqualTo(3), "300, 75, 50");
        Assert.That(reply.Asked, Is.EqualTo(SyncClient.Smallest));
    }

    [Test]
    public async Task Answer_ThatNeverEnds_IsTooLarge()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeEndlesslyAsync(listener);

        var reply = await _alice.Client.AskAsync(
            new SyncNeighbour("bob", _key.Self, TestNode.Parse($"mesh+http://{listener.LocalEndpoint}")),
            new SyncRequest(), CancellationToken.None);

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.TooLarge), reply.Reason);
        Assert.That(await serving, Is.LessThan(64 << 20), "what was sent until it was hung up");
    }

    [Test]
    public async Task Answer_ThatStops_IsTooSlowAndAskedSmaller()
    {
        var time = new ManualTime();
        await using var alice = new SyncEnd("alice", time: time);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var neighbour = new SyncNeighbour("bob", _key.Self, TestNode.Parse($"mesh+http://{listener.LocalEndpoint}"));
        var large = Answer($$"""{"from":"bob","x":"{{new string('a', 14 << 20)}}"}""");

        var asking = alice.Client.AskAsync(neighbour, Page(size: 100), CancellationToken.None);
        // more than buffers on the way hold: once it is sent, its head has been read
        using var first = await TakeAsync(listener, large.AsMemory(0, large.Length - 5));
        time.Advance(SyncHttp.MostBodyTime + TimeSpan.FromSeconds(1));
        using var second = await TakeAsync(
            listener, Answer("""{"from":"bob","events":[],SIG}""", skew: time.GetTimestamp() / 10_000));
        var reply = await asking;

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Answered), reply.Reason);
        Assert.That(reply.Asked, Is.EqualTo(SyncClient.Smallest));
    }

    [TestCase("")]
    [TestCase("garbage\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{}")]
    [TestCase("HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    public async Task Answer_ThatIsNoHttpOrBreaksOff_IsAnOutcome(string answer)
    {
        var reply = await AskAsync(FakeServer.Text(answer));
        Assert.That(reply.HasAnswer, Is.False);
        Assert.That(reply.Reason, Is.Not.Empty);
    }

    [Test]
    public async Task Ask_WhereNobodyListens_IsUnreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = TestNode.Parse($"mesh+http://{listener.LocalEndpoint}");
        listener.Stop();

        var reply = await _alice.Client.AskAsync(
            new SyncNeighbour("bob", _key.Self, address), Page(), CancellationToken.None);
        var wrong = await _alice.Client.AskAsync(
            new SyncNeighbour("bob", _key.Self, TestNode.Parse("mqtt:bob")), Page(), CancellationToken.None);

        Assert.That(reply.Outcome, Is.EqualTo(AskOutcome.Unreachable));
        Assert.That(wrong.Outcome, Is.EqualTo(AskOutcome.Unreachable));
    }

    private static async Task<TcpClient> TakeAsync(TcpListener listener, ReadOnlyMemory<byte> answer)
    {
        var client = await listener.AcceptTcpClientAsync();
        await RespondAsync(client, answer);
        return client;
    }

    private static async Task RespondAsync(TcpClient client, ReadOnlyMemory<byte> answer)
    {
        await FakeServer.ReadHeadAsync(client.GetStream(), CancellationToken.None);
        await client.GetStream().WriteAsync(answer);
    }

    private async Task<long> ServeEndlesslyAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        var head = FakeServer.Text(
            $"HTTP/1.1 200 OK\r\nX-Nara-Name: bob\r\nX-Nara-Timestamp: {_alice.Now}\r\nX-Nara-Signature: "
            + $"{Convert.ToBase64String(new byte[64])}\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "20\r\n{\"from\":\"bob\",\"events\":[],\"x\":\"a\r\n");
        await RespondAsync(client, head);
        long sent = 0;
        try
        {
            for (; sent < 1L << 30; sent += 1 << 16)
                await client.GetStream().WriteAsync(FakeServer.Text($"10000\r\n{new string('a', 1 << 16)}\r\n"));
        }
        catch (IOException)
        {
            // hung up
        }
        return sent;
    }
}
