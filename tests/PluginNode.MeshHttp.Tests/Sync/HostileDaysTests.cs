using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>A PluginNode that proves who it is, and says to hold by day what nobody can.</summary>
[TestFixture]
internal sealed class HostileDaysTests
{
    private const string Print = "00000000000000000000000000000009";

    private readonly NodeIdentity _key = SyncVectors.Identities["bob"];
    private SyncEnd _alice = null!;

    [SetUp]
    public void SetUp() => _alice = new SyncEnd("alice");

    [TearDown]
    public async Task TearDown() => await _alice.DisposeAsync();

    [TestCase("""{"days":[]}""", 0)]
    [TestCase("""{"days":[{"day":"2026-01-01","count":2147483647,"fingerprint":"P"}]}""", 1)]
    [TestCase("""{"days":[{"day":"0001-01-01","count":1,"fingerprint":"P"}]}""", 1)]
    public async Task Days_ThatAreWellFormed_AreTaken(string body, int days)
    {
        var answer = await AskAsync(body.Replace("\"P\"", $"\"{Print}\""));
        Assert.That(answer.Reply.HasAnswer, Is.True, answer.Reply.Reason);
        Assert.That(answer.Days, Has.Count.EqualTo(days));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"days":7}""")]
    [TestCase("""{"days":[null]}""")]
    [TestCase("""{"days":[{"count":1,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"2026-01-01","count":1}]}""")]
    [TestCase("""{"days":[{"day":"2026-01-01","count":0,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"2026-01-01","count":-1,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"2026-01-01","count":9223372036854775808,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"2026-01-01","count":1e9,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"soon","count":1,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"2026-02-30","count":1,"fingerprint":"P"}]}""")]
    [TestCase("""{"days":[{"day":"2026-01-01","count":1,"fingerprint":"9"}]}""")]
    [TestCase("""
        {"days":[{"day":"2026-01-01","count":1,"fingerprint":"P"},{"day":"2026-01-01","count":2,"fingerprint":"P"}]}
        """)]
    [TestCase("""
        {"days":[{"day":"2026-01-02","count":1,"fingerprint":"P"},{"day":"2026-01-01","count":1,"fingerprint":"P"}]}
        """)]
    public async Task Days_ThatNobodyCanHold_AreNone(string body)
    {
        var answer = await AskAsync(body.Replace("\"P\"", $"\"{Print}\""));
        Assert.That(answer.Reply.Outcome, Is.EqualTo(AskOutcome.Malformed), answer.Reply.Reason);
        Assert.That(answer.Days, Is.Empty);
    }

    [Test]
    public async Task Days_MoreThanThereAreDates_AreNone()
    {
        var days = Enumerable.Range(0, (1 << 17) + 1).Select(i =>
            $$"""{"day":"{{DateOnly.MinValue.AddDays(i):yyyy-MM-dd}}","count":1,"fingerprint":"{{Print}}"}""");
        var answer = await AskAsync($$"""{"days":[{{string.Join(',', days)}}]}""");
        Assert.That(answer.Reply.HasAnswer, Is.False);
        Assert.That(answer.Days, Is.Empty);
    }

    [Test]
    public async Task Days_WithoutTheProofOfAPluginNode_AreNotBelieved()
    {
        var answer = await AskAsync($$"""{"days":[]}""", proves: false);
        Assert.That(answer.Reply.Outcome, Is.EqualTo(AskOutcome.WrongSignature), answer.Reply.Reason);
    }

    private async Task<DaysReply> AskAsync(string body, bool proves = true)
    {
        await using var server = new FakeServer(head => Answer(head, Encoding.UTF8.GetBytes(body), proves));
        return await _alice.Client.DaysAsync(
            new SyncNeighbour("bob", _key.Self, server.Address), CancellationToken.None);
    }

    // Signed as a nara peer signs and, where it proves more, as PluginNodes do.
    private byte[] Answer(string head, byte[] body, bool proves)
    {
        var now = _alice.Now;
        var (digest, signature) = (SHA256.HashData(body), new byte[ISigner.SignatureBytes]);
        new NaraSigner(_key, "bob").SignResponse(now, digest, signature);
        var response = new DefaultHttpContext().Response;
        response.Headers[NaraHead.NameHeader] = "bob";
        response.Headers[NaraHead.TimestampHeader] = $"{now}";
        response.Headers[NaraHead.SignatureHeader] = Convert.ToBase64String(signature);
        var nonce = Base64Url.DecodeFromChars(FakeServer.Header(head, MeshWire.Nonce));
        if (proves)
            ResponseProof.SignDigest(
                response, _key, BinaryPrimitives.ReadUInt128BigEndian(nonce), new AnswerHead(now), digest);
        var headers = string.Concat(response.Headers.Select(h => $"{h.Key}: {h.Value}\r\n"));
        return
        [
            .. FakeServer.Text(
                $"HTTP/1.1 200 X\r\n{headers}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n"),
            .. body,
        ];
    }
}
