using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PluginNode.MeshHttp.Tests.Fakes;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>The requests that a nara peer was recorded with, byte for byte but for the signature, whose key nobody has:
/// the answers are the recorded ones but for signatures and time.</summary>
[TestFixture]
internal sealed partial class ServerReplayTests
{
    private static readonly string[] KeepSignature = ["bad-signature.txt"];

    public static IEnumerable<TestCaseData> Exchanges => SyncVectors.Recordings
        .Where(v => (string)v["peer_mode"]! == "full")
        .Select(v => new TestCaseData(v).SetArgDisplayNames((string)v["file"]!));

    public static IEnumerable<TestCaseData> Caps =>
        SyncVectors.Caps.Where(v => !((string)v["request"]!).StartsWith("REPLAY", StringComparison.Ordinal))
            .Select(v => new TestCaseData(v).SetArgDisplayNames((string)v["request"]!));

    [TestCaseSource(nameof(Exchanges))]
    public async Task Request_OfNara_IsAnsweredAsNaraAnswers(JsonNode v)
    {
        var (request, recorded) = SyncVectors.Exchange((string)v["file"]!);
        var (wantHead, wantBody) = SyncVectors.Parts(recorded);
        await using var peer = NewPeer((string)v["peer_name"]!, SyncVectors.HeaderOf(wantHead, "X-Nara-Timestamp"));
        var isReplaced = !KeepSignature.Contains((string)v["file"]!);
        await peer.StartAsync();

        var (head, body) = SyncVectors.Parts(await ExchangeAsync(peer, isReplaced ? Signed(request) : request));

        if ((string)v["file"]! == "from-differs-from-signer.txt")
        {
            // nara takes it, and this node does not
            Assert.That(head, Does.StartWith("HTTP/1.1 400 "));
            Assert.That(body, Is.EqualTo("from is not the signer\n"));
            return;
        }
        Assert.That(head.Split("\r\n")[0], Is.EqualTo(wantHead.Split("\r\n")[0]));
        foreach (var name in new[] { "Content-Type", "X-Content-Type-Options", "Transfer-Encoding", "X-Nara-Name" })
            Assert.That(SyncVectors.HeaderOf(head, name), Is.EqualTo(SyncVectors.HeaderOf(wantHead, name)), name);
        Assert.That(Stable(body), Is.EqualTo(Stable(wantBody)));
        AssertSigned(peer, head, body, SyncVectors.HeaderOf(wantHead, "X-Nara-Signature") is not null);
    }

    [TestCaseSource(nameof(Caps))]
    public async Task Request_WithWhateverSizes_GetsAsManyAsFromNara(JsonNode v)
    {
        await using var peer = new SyncEnd("p1");
        peer.Knows("rec", SyncVectors.Identities["alice"].Self);
        for (var i = 1; i <= 6000; i++) peer.Ledger.Add(2_000_000_000_000_000_000 + i, i);
        await peer.StartAsync();

        var answer = JsonNode.Parse(await PostAsync(peer, (string)v["request"]!))!;

        var times = answer["events"]!.AsArray().Select(e => (long)e!["ts"]!).ToList();
        Assert.That(times, Has.Count.EqualTo((int)v["events"]!));
        Assert.That(times, (string)v["order"]! == "ascending" ? Is.Ordered : Is.Ordered.Descending);
        Assert.That(answer.AsObject().Select(m => m.Key), Is.EqualTo(v["keys"]!.AsArray().Select(k => (string)k!)));
    }

    internal static async Task<string> PostAsync(SyncEnd peer, string body, string more = "")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var request = $"POST /events/sync HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Nara-Name: rec\r\n"
            + $"X-Nara-Timestamp: {peer.Now}\r\nX-Nara-Signature: -\r\n{more}Content-Length: {bytes.Length}\r\n\r\n";
        return SyncVectors.Utf8(SyncVectors.Parts(
            await ExchangeAsync(peer, Signed(request) + Encoding.Latin1.GetString(bytes))).Body);
    }

    internal static async Task<string> ExchangeAsync(SyncEnd peer, string request)
    {
        using var connection = await RawConnection.OpenAsync(peer.Url);
        await connection.Stream.WriteAsync(SyncVectors.Bytes(request));
        using var all = new MemoryStream();
        await connection.Stream.CopyToAsync(all);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>A peer with the recorded ledger at the recorded time, that knows the recorded callers.</summary>
    private static SyncEnd NewPeer(string name, string? milliseconds)
    {
        var peer = new SyncEnd(name);
        var time = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(milliseconds ?? "1795220312316"));
        peer.Time.Offset = time - TimeProvider.System.GetUtcNow();
        peer.Knows("rec", SyncVectors.Identities["alice"].Self);
        peer.Knows("ñandú-rec", SyncVectors.Identities["alice"].Self);
        var (_, all) = SyncVectors.Parts(SyncVectors.Exchange("recent-default.txt").Response);
        foreach (var e in JsonNode.Parse(SyncVectors.Utf8(all))!["events"]!.AsArray()) peer.Ledger.Add(e!);
        var (_, sample) = SyncVectors.Parts(SyncVectors.Exchange("sample5.txt").Response);
        peer.Ledger.SampleOf =
            [.. JsonNode.Parse(sample)!["events"]!.AsArray().Select(e => (string)e!["id"]!)];
        return peer;
    }

    /// <summary>The same request, signed with a key that this test has.</summary>
    internal static string Signed(string request)
    {
        var name = SyncVectors.HeaderOf(request, "X-Nara-Name");
        var time = SyncVectors.HeaderOf(request, "X-Nara-Timestamp");
        if (name is null) return request;
        var line = request.Split("\r\n")[0].Split(' ');
        var signature = new byte[64];
        new Identity.NaraSigner(SyncVectors.Identities["alice"], SyncVectors.Utf8(name))
            .SignRequest(long.Parse(time!), line[0], line[1].Split('?')[0], signature);
        return SignatureLine().Replace(request, $"X-Nara-Signature: {Convert.ToBase64String(signature)}\r", 1);
    }

    internal static void AssertSigned(SyncEnd peer, string head, string body, bool isSigned)
    {
        var problem = Wire.NaraHead.Read(
            SyncVectors.Utf8(SyncVectors.HeaderOf(head, "X-Nara-Name") ?? ""),
            SyncVectors.HeaderOf(head, "X-Nara-Timestamp"), SyncVectors.HeaderOf(head, "X-Nara-Signature"),
            out var nara);
        Assert.That(problem is null, Is.EqualTo(isSigned));
        if (!isSigned) return;
        var digest = System.Security.Cryptography.SHA256.HashData(SyncVectors.Bytes(body));
        Assert.That(nara.IsResponseSigned(peer.Parts.Signer, peer.Identity.Self, digest), Is.True);
    }

    // without time, signatures and keys, and the exact age; an added member of /ping is no difference
    private static string Stable(string body) => AddedMember().Replace(Age().Replace(
        TimeAndSignature().Replace(Key().Replace(body, "key"), "..."), "future: ..."), "}");

    [GeneratedRegex("X-Nara-Signature: [^\r]*\r", RegexOptions.None, 10_000)]
    private static partial Regex SignatureLine();

    [GeneratedRegex("\"ts\":[0-9]{10},\"sig\":\"[^\"]{88}\"|\"t\":[0-9]{19}", RegexOptions.None, 10_000)]
    private static partial Regex TimeAndSignature();

    [GeneratedRegex("\"public_key\":\"[^\"]{44}\"", RegexOptions.None, 10_000)]
    private static partial Regex Key();

    [GeneratedRegex("future: -?[0-9.]+s", RegexOptions.None, 10_000)]
    private static partial Regex Age();

    [GeneratedRegex(",\"pluginnode\":\\[[^\\]]*\\]}", RegexOptions.None, 10_000)]
    private static partial Regex AddedMember();
}
