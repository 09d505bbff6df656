using System.Net;
using System.Net.Sockets;
using PluginNode.Identity;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;
using static PluginNode.MeshHttp.Tests.Fakes.FakeServer;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

/// <summary>Whatever is at the other end, a send ends with <i>retry</i> and a reason, and never throws.</summary>
[TestFixture]
internal sealed class HostilePeerTests
{
    private KeyRing _ring = null!;
    private TestNode _alice = null!;
    private TestSigner _bob = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ring = new KeyRing();
        _bob = _ring.NewSigner();
        _alice = await new TestNode(_ring, new() { Listen = "", SendTimeout = "10s" }).StartAsync();
        _alice.Peers.Add(_bob.Self);
    }

    [TearDown]
    public async Task TearDown() => await _alice.DisposeAsync();

    private static readonly string[] Garbage =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nX-PluginNode-Timestamp: 1\r\nX-PluginNode-Signature: %%\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-PluginNode-Timestamp: 99999999999999999\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 425 Too Early\r\nContent-Length: 8\r\n\r\n12345678",
        "HTTP/1.1 xyz\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\0\u0001\u0002\u0003",
        "",
    ];

    [TestCaseSource(nameof(Garbage))]
    public async Task Send_GarbageComesBack_IsRetry(string answer)
    {
        await using var server = new FakeServer(_ => FakeServer.Text(answer));

        await AssertRetryAsync(server.Address);

        Assert.That(_alice.Host.HeardFrom, Is.Empty);
    }

    [Test]
    public async Task Send_SignedByThePeerForThisRequest_IsBelieved()
    {
        await using var server = new FakeServer(head => Signed(head, _bob, 200, Outcomes.Write([])));

        await AssertRetryAsync(server.Address, "nothing about this frame");

        Assert.That(_alice.Host.HeardFrom.Single().Peer, Is.EqualTo(_bob.Self));
    }

    [Test]
    public async Task Send_OldAnswerReplayed_IsRetry()
    {
        var frame = SomeFrame();
        byte[]? old = null;
        await using var server = new FakeServer(
            head => old ??= Signed(head, _bob, 200, Outcomes.Write([new(frame.Id, SendStatus.Delivered)])));

        var first = await _alice.SendAsync(_bob.Self, server.Address, frame);
        var second = await _alice.SendAsync(_bob.Self, server.Address, frame);

        Assert.That(first[0].Status, Is.EqualTo(SendStatus.Delivered), first[0].Reason);
        Assert.That(second[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(_alice.Host.HeardFrom, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Send_AnotherPeerAnswers_IsRetry()
    {
        var frame = SomeFrame();
        var mallory = _ring.NewSigner();
        await using var server = new FakeServer(
            head => Signed(head, mallory, 200, Outcomes.Write([new(frame.Id, SendStatus.Refused)])));

        var outcomes = await _alice.SendAsync(_bob.Self, server.Address, frame);

        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Retry));
        Assert.That(_alice.Host.HeardFrom, Is.Empty);
    }

    private static readonly byte[][] NoOutcomes =
    [
        [], [0, 0, 0, 1], [0, 0, 0, 0, 9], [0xff, 0xff, 0xff, 0xff],
        [0, 0, 0, 1, .. new byte[16], 9, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, .. new byte[16], 1, 0, 0, 0, 0, 0, 5, 65],
    ];

    [TestCaseSource(nameof(NoOutcomes))]
    public async Task Send_MalformedOutcomesSigned_IsRetry(byte[] body)
    {
        await using var server = new FakeServer(head => Signed(head, _bob, 200, body));

        await AssertRetryAsync(server.Address, "malformed");
    }

    [Test]
    public async Task Send_StatusChangedOnTheWay_IsRetry()
    {
        await using var server = new FakeServer(head => FakeServer.Text(
            System.Text.Encoding.Latin1.GetString(Signed(head, _bob, 503, Outcomes.Write([]))).Replace("503", "200")));

        await AssertRetryAsync(server.Address, "not signed by the peer");
    }

    [Test]
    public async Task Send_AlwaysToldAnotherTime_AsksTwiceOnly()
    {
        await using var server = new FakeServer(head => Signed(head, _bob, 425, [0, 0, 1, 0, 0, 0, 0, 0]));

        await AssertRetryAsync(server.Address, "its own time");

        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Send_ToldATimeThatIsNone_IsRetry()
    {
        await using var server = new FakeServer(head => Signed(head, _bob, 425, [0x7f, 0, 1, 0, 0, 0, 0, 0]));

        await AssertRetryAsync(server.Address, "no time");
    }

    [Test]
    public async Task Send_BlackHole_TimesOutToRetry()
    {
        await using var hasty = await new TestNode(_ring, new() { Listen = "", SendTimeout = "150ms" }).StartAsync();
        await using var server = new FakeServer(_ => (byte[]?)null);

        var outcomes = await hasty.SendAsync(_bob.Self, server.Address, SomeFrames(2));

        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(outcomes[0].Reason, Does.Contain("no answer within"));
    }

    [Test]
    public async Task Send_BodyIsNeverRead_TimesOutToRetry()
    {
        var time = new ManualTime();
        await using var sender = await new TestNode(_ring, new() { Listen = "" }, time).StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var send = sender.SendAsync(_bob.Self, Parse($"mesh+http://{listener.LocalEndpoint}"), SomeFrame(20 << 20));
        using var connection = await listener.AcceptTcpClientAsync();
        await ReadHeadAsync(connection.GetStream(), CancellationToken.None);
        await connection.GetStream().WriteAsync(Text("HTTP/1.1 100 Continue\r\n\r\n"));
        time.Advance(TimeSpan.FromSeconds(11) + MeshWire.BodyTime(20 << 20));

        Assert.That((await send)[0].Status, Is.EqualTo(SendStatus.Retry));
    }

    [Test]
    public async Task Send_LargeFrameOnASlowLink_HasTimeForItsBytes()
    {
        var time = new ManualTime();
        await using var sender = await new TestNode(_ring, new() { Listen = "" }, time).StartAsync();
        var frame = SomeFrame(1 << 20);
        await using var server = new FakeServer(head =>
        {
            // as long as the receiver, too, goes on reading
            time.Advance(TimeSpan.FromSeconds(9) + MeshWire.BodyTime(frame.Bytes.Length));
            return Signed(head, _bob, 200, Outcomes.Write([new(frame.Id, SendStatus.Delivered)]));
        });

        var outcomes = await sender.SendAsync(_bob.Self, server.Address, frame);

        Assert.That(outcomes[0].Status, Is.EqualTo(SendStatus.Delivered), outcomes[0].Reason);
    }

    [Test]
    public async Task Send_Cancelled_IsRetry()
    {
        using var cancel = new CancellationTokenSource();
        await using var server = new FakeServer(async _ =>
        {
            await cancel.CancelAsync();
            return null;
        });
        var frame = SomeFrame();

        var outcomes = await _alice.Transport.SendAsync(_bob.Self, server.Address, [frame], cancel.Token);

        Assert.That(outcomes.Single(), Is.EqualTo(new SendOutcome(frame.Id, SendStatus.Retry, "cancelled")));
    }

    [TestCase("mesh+http://127.0.0.1:1")]
    [TestCase("mesh+http://127.0.0.1:80/path")]
    [TestCase("mesh+http://a@127.0.0.1:80")]
    [TestCase("mesh+http:rest")]
    [TestCase("mesh+http://")]
    [TestCase("mesh+http://[::1")]
    [TestCase("mesh+http://host:99999")]
    [TestCase("mesh+http://no-such-host.invalid:7433")]
    [TestCase("mqtt:bob")]
    public Task Send_NobodyThere_IsRetry(string address) => AssertRetryAsync(Parse(address));

    private async Task AssertRetryAsync(PeerAddress address, string reason = "")
    {
        var frames = SomeFrames(2);

        var outcomes = await _alice.SendAsync(_bob.Self, address, frames);

        Assert.That(outcomes.Select(o => o.Id), Is.EqualTo(frames.Select(f => f.Id)));
        Assert.That(outcomes.Select(o => o.Status), Is.All.EqualTo(SendStatus.Retry));
        Assert.That(outcomes[0].Reason, Is.Not.Empty.And.Contains(reason));
        Assert.That(outcomes[0].Reason, Has.Length.LessThanOrEqualTo(200).And.Not.Contains("\n"));
    }
}
