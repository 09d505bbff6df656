using System.Security.Cryptography;
using PluginNode.MeshHttp.Server;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests;

/// <summary>How bodies are read, and when they are not.</summary>
[TestFixture]
internal sealed class BodyTests
{
    private ManualTime _time = null!;
    private KeyRing _ring = null!;
    private TestNode _bob = null!;
    private TestSigner _alice = null!;
    private HandMade _made = null!;

    [SetUp]
    public async Task SetUp()
    {
        _time = new ManualTime();
        _ring = new KeyRing();
        _alice = _ring.NewSigner();
        _bob = await new TestNode(_ring, time: _time).StartAsync();
        _bob.Peers.Add(_alice.Self);
        _made = new HandMade(_bob, _alice);
    }

    [TearDown]
    public async Task TearDown()
    {
        _made.Dispose();
        await _bob.DisposeAsync();
    }

    [Test]
    public async Task Post_BodyStopsComing_IsToldRetryAtItsDeadline()
    {
        var head = _made.Head() with { ContentLength = 1 << 20 };
        using var connection = await RawConnection.OpenAsync(_bob.Url);
        var begin = await connection.AskAsync(_made.Text(_alice, head, "Expect: 100-continue\r\n"));

        _time.Advance(TimeSpan.FromSeconds(10) + MeshWire.BodyTime(1 << 20));
        var answer = await connection.ReadHeadAsync();

        Assert.That(begin, Does.StartWith("HTTP/1.1 100"), "it is being read");
        Assert.That(answer, Does.StartWith("HTTP/1.1 408"));
        Assert.That(answer, Does.Contain("Connection: close"));
        Assert.That(answer, Does.Contain(MeshWire.Signature));
        Assert.That(_bob.Logs.Lines.Single(l => l.Id == 3013).Text, Does.Contain("1048576 bytes were not there"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Post_Refused_TheBodyIsNotReadUp(bool known)
    {
        var signer = known ? _alice : _ring.NewSigner();
        var head = _made.Head() with { From = signer.Self, Timestamp = 0, ContentLength = 22 << 20 };
        using var connection = await RawConnection.OpenAsync(_bob.Url);

        var answer = await connection.AskAsync(_made.Text(signer, head));

        Assert.That(answer, Does.StartWith($"HTTP/1.1 {(known ? 425 : 403)}"));
        Assert.That(answer, Does.Contain("Connection: close"));
        // more than the sockets hold by themselves
        Assert.ThrowsAsync<IOException>(async () => await connection.Stream.WriteAsync(new byte[22 << 20]));
    }

    [Test]
    public async Task Read_InPieces_DigestIsMadeOfEachAsItComes()
    {
        var bytes = RandomNumberGenerator.GetBytes(1000);
        await using var body = new ForgetfulStream(bytes);

        var digest = await BodyReader.ReadAsync(body, new byte[1000], CancellationToken.None);

        Assert.That(digest, Is.EqualTo(SHA256.HashData(bytes)));
    }

    [Test]
    public void Read_BodyEndsEarly_Throws()
    {
        using var body = new MemoryStream(new byte[10]);

        Assert.ThrowsAsync<EndOfStreamException>(
            () => BodyReader.ReadAsync(body, new byte[11], CancellationToken.None));
    }

    /// <summary>Gives at most 100 bytes at once, and wipes them out of the reader's buffer at the next read.</summary>
    private sealed class ForgetfulStream(byte[] bytes) : MemoryStream(bytes)
    {
        private Memory<byte> _last;

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _last.Span.Clear();
            _last = buffer[..Math.Min(100, buffer.Length)];
            return await base.ReadAsync(_last, cancellationToken);
        }
    }
}
