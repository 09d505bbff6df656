using System.Buffers.Binary;
using System.Net;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

/// <summary>What the server turns away, asked by hand-made requests.</summary>
[TestFixture]
internal sealed class RefusalTests
{
    private readonly HttpClient _http = new();
    private KeyRing _ring = null!;
    private TestNode _bob = null!;
    private TestSigner _alice = null!;
    private HandMade _made = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ring = new KeyRing();
        _alice = _ring.NewSigner();
        _bob = await new TestNode(_ring, new() { Listen = "http://127.0.0.1:0", MaxBatchBytes = 65_536 })
            .StartAsync();
        _bob.Peers.Add(_alice.Self);
        _made = new HandMade(_bob, _alice);
    }

    [TearDown]
    public async Task TearDown()
    {
        _made.Dispose();
        await _bob.DisposeAsync();
    }

    [OneTimeTearDown]
    public void End() => _http.Dispose();

    [Test]
    public async Task Post_WellMade_IsTaken()
    {
        using var response = await PostAsync(_alice, Head());

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Post_UnknownSender_IsRefusedUnsignedAndLoggedOnce()
    {
        var stranger = _ring.NewSigner();
        for (var i = 0; i < 3; i++)
        {
            using var response = await PostAsync(stranger, Head() with { From = stranger.Self });
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That(response.Headers.Contains(MeshWire.Signature), Is.False);
        }

        Assert.That(_bob.Logs.Lines.Count(l => l.Id == 3001), Is.EqualTo(1));
        AssertNothingCame();
    }

    [Test]
    public async Task Post_SignedByAnother_IsRefused()
    {
        using var response = await PostAsync(_ring.NewSigner(), Head());

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        AssertNothingCame();
    }

    [TestCase(MeshWire.Timestamp)]
    [TestCase(MeshWire.Clock)]
    [TestCase(MeshWire.Nonce)]
    [TestCase(MeshWire.Digest)]
    public async Task Post_HeaderChangedAfterSigning_IsRefused(string header)
    {
        var other = Head() with { Timestamp = 5, Clock = 6, Nonce = 7, Digest = new byte[32] };

        using var response = await PostAsync(_alice, Head(), headers =>
        {
            using var changed = new HttpRequestMessage();
            other.Write(changed.Headers, _alice.Self.ToString(), _bob.Id.ToString(), _alice);
            headers.Remove(header);
            headers.Add(header, changed.Headers.GetValues(header));
        });

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        AssertNothingCame();
    }

    [TestCase(MeshWire.From, "nobody")]
    [TestCase(MeshWire.To, "")]
    [TestCase(MeshWire.Nonce, "c2hvcnQ")]
    [TestCase(MeshWire.Timestamp, "99999999999999999999")]
    [TestCase(MeshWire.Timestamp, "999999999999999999")]
    [TestCase(MeshWire.Clock, "noon")]
    [TestCase(MeshWire.Digest, "%%%")]
    [TestCase(MeshWire.Signature, "AAAA")]
    [TestCase(MeshWire.Signature, null)]
    public async Task Post_MalformedHeader_IsRefused(string header, string? value)
    {
        using var response = await PostAsync(_alice, Head(), headers =>
        {
            headers.Remove(header);
            if (value is not null) headers.TryAddWithoutValidation(header, value);
        });

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        AssertNothingCame();
    }

    [Test]
    public async Task Post_ForAnotherPeer_IsRefused()
    {
        using var response = await PostAsync(_alice, Head() with { To = _ring.NewSigner().Self });

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        AssertNothingCame();
    }

    [Test]
    public async Task Post_Replayed_IsRefusedTheSecondTime()
    {
        var head = Head();

        using var first = await PostAsync(_alice, head);
        using var second = await PostAsync(_alice, head);

        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(_bob.Host.Frames, Has.Count.EqualTo(1));
        Assert.That(_bob.Host.HeardFrom, Has.Count.EqualTo(1));
    }

    [TestCase(-40_000)]
    [TestCase(40_000)]
    [TestCase(-20_000, Description = "fresh, but of before the start: its nonce may have been used")]
    public async Task Post_TimestampOff_IsToldTheTimeSigned(long milliseconds)
    {
        var head = Head() with { Timestamp = _made.Now + milliseconds };

        using var response = await PostAsync(_alice, head);
        var body = await response.Content.ReadAsByteArrayAsync();

        Assert.That((int)response.StatusCode, Is.EqualTo(MeshWire.ClockStatus));
        Assert.That(BinaryPrimitives.ReadInt64BigEndian(body), Is.EqualTo(_made.Now).Within(300_000));
        Assert.That(IsSigned(response, head, body), Is.True);
        AssertNothingCame();
    }

    [Test]
    public async Task Post_BodyOtherThanDigest_IsRefusedSigned()
    {
        var head = Head();
        head.Digest[3] ^= 1;

        using var response = await PostAsync(_alice, head);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(IsSigned(response, head, await response.Content.ReadAsByteArrayAsync()), Is.True);
        AssertNothingCame();
    }

    private static readonly byte[][] NoBatches =
    [
        [], [0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 5, 1], [0, 0, 0, 1, 0, 0, 0, 1, 1, 2],
        [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0], [0, 0, 0x10, 1, 0, 0, 0, 0],
    ];

    [TestCaseSource(nameof(NoBatches))]
    public async Task Post_BodyThatIsNoBatch_IsRefused(byte[] body)
    {
        using var response = await PostAsync(_alice, Head(body), body: body);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        AssertNothingCame();
    }

    [Test]
    public async Task Post_DeclaredTooLong_IsRefusedBeforeTheBodyComes()
    {
        var head = await FakeServer.ExchangeHeadAsync(
            _bob.Url, _made.Text(_alice, Head() with { ContentLength = 9_000_000_000 }));

        Assert.That(head, Does.StartWith("HTTP/1.1 413"));
        Assert.That(head, Does.Contain($"{MeshWire.MaxBatch}: 65536"));
        Assert.That(head, Does.Contain(MeshWire.Signature));
        AssertNothingCame();
    }

    [Test]
    public async Task Post_UnknownSender_IsRefusedBeforeTheBodyComes()
    {
        var stranger = _ring.NewSigner();

        var head = await FakeServer.ExchangeHeadAsync(
            _bob.Url, _made.Text(stranger, Head() with { From = stranger.Self, ContentLength = 60_000 }));

        Assert.That(head, Does.StartWith("HTTP/1.1 403"));
    }

    [Test]
    public async Task Post_WithoutDeclaredLength_IsRefused()
    {
        var head = await FakeServer.ExchangeHeadAsync(
            _bob.Url, $"POST {MeshWire.FramesPath} HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n");

        Assert.That(head, Does.StartWith("HTTP/1.1 411"));
    }

    [Test]
    public async Task Get_AnythingElse_IsNotFound()
    {
        using var response = await _http.GetAsync(new Uri(_bob.Url, MeshWire.FramesPath));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private RequestHead Head(byte[]? body = null) => _made.Head(body);

    private Task<HttpResponseMessage> PostAsync(
        TestSigner signer, RequestHead head, Action<System.Net.Http.Headers.HttpRequestHeaders>? change = null,
        byte[]? body = null) => _made.PostAsync(signer, head, change, body);

    private bool IsSigned(HttpResponseMessage response, RequestHead head, byte[] body)
    {
        var signature = new byte[64];
        return ResponseProof.TryRead(response.Headers, signature, out var answer)
            && ResponseProof.Holds(_alice, _bob.Id, head.Nonce, (int)response.StatusCode, answer, body, signature);
    }

    private void AssertNothingCame()
    {
        Assert.That(_bob.Host.Frames, Is.Empty);
        Assert.That(_bob.Host.HeardFrom, Is.Empty);
    }
}
