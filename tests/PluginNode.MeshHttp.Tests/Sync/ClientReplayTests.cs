using System.Text;
using System.Text.Json.Nodes;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Tests.Fakes;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>The answers that nara peers were recorded with, faulty ones among them, byte for byte to the
/// client.</summary>
[TestFixture]
internal sealed class ClientReplayTests
{
    private static readonly Dictionary<string, AskOutcome> Faults = new(StringComparer.Ordinal)
    {
        ["sample-broken"] = AskOutcome.Refused,
        ["legacy-only"] = AskOutcome.OlderPeer,
        ["legacy-400"] = AskOutcome.Refused,
        ["bad-sig"] = AskOutcome.WrongSignature,
        ["bad-header-sig"] = AskOutcome.WrongSignature,
        ["bad-body-sig"] = AskOutcome.WrongSignature,
        ["no-sig"] = AskOutcome.WrongSignature,
        // what is wrong with an event is for the kernel to find
        ["tamper"] = AskOutcome.Answered,
        // these add a sixth event to the five that were asked for, as a peer does that knows no modes
        ["nil-payload"] = AskOutcome.OlderPeer,
        ["short-id"] = AskOutcome.OlderPeer,
        ["garbage"] = AskOutcome.Malformed,
        ["http-500"] = AskOutcome.Refused,
        ["slow"] = AskOutcome.Answered,
    };

    public static IEnumerable<TestCaseData> Exchanges => SyncVectors.Recordings
        .Where(v => (string)v["file"]! != "ping.txt")
        .Select(v => new TestCaseData(v).SetArgDisplayNames((string)v["file"]!));

    [TestCaseSource(nameof(Exchanges))]
    public async Task Answer_OfNara_IsUnderstood(JsonNode v)
    {
        var recorded = SyncVectors.Exchange((string)v["file"]!).Response;
        var (head, body) = SyncVectors.Parts(recorded);
        var heads = new List<string>();
        await using var server = new FakeServer(h =>
        {
            heads.Add(h);
            return SyncVectors.Bytes(recorded);
        });
        await using var alice = new SyncEnd("ñandú-7", identity: SyncVectors.Identities["ñandú-7"]);
        var time = DateTimeOffset.FromUnixTimeMilliseconds(
            long.Parse(SyncVectors.HeaderOf(head, "X-Nara-Timestamp") ?? "1795220312316"));
        alice.Time.Offset = time - TimeProvider.System.GetUtcNow();
        var request = SyncRequestReader.Read(Encoding.UTF8.GetBytes((string)v["request_body"]!)) ?? new SyncRequest();
        var neighbour = new SyncNeighbour(
            (string)v["peer_name"]!, SyncVectors.Key(v, "peer_public_key"), server.Address);

        var reply = await alice.Client.AskAsync(neighbour, request, CancellationToken.None);

        var fault = (string)v["peer_mode"]!;
        var expected = Faults.TryGetValue(fault, out var outcome) ? outcome
            : (int)v["status"]! == 200 ? AskOutcome.Answered : AskOutcome.Refused;
        Assert.That(reply.Outcome, Is.EqualTo(expected), reply.Reason);
        Assert.That(reply.IsPluginNode, Is.False);
        var events = reply.HasAnswer ? JsonNode.Parse(SyncVectors.Utf8(body))!["events"]?.AsArray() : null;
        Assert.That(reply.Events, Has.Count.EqualTo(events?.Count ?? 0));
        Assert.That(
            reply.Events.Select(e => Encoding.UTF8.GetString(e.Span)).All(e => SyncVectors.Utf8(body).Contains(e)),
            Is.True);
        if ((string)v["file"]! == "page10.txt") Assert.That(reply.Next!.ToString(), Is.EqualTo("1793188799999999999"));
        AssertIsSigned(alice, heads[0]);
    }

    // the name is raw UTF-8, and a nara peer would take the request
    private static void AssertIsSigned(SyncEnd end, string head)
    {
        var name = SyncVectors.Utf8(SyncVectors.HeaderOf(head, "X-Nara-Name")!);
        Assert.That(name, Is.EqualTo(end.Name));
        NaraHead.Read(
            name, SyncVectors.HeaderOf(head, "X-Nara-Timestamp"), SyncVectors.HeaderOf(head, "X-Nara-Signature"),
            out var nara);
        Assert.That(nara.IsRequestSigned(end.Parts.Signer, end.Identity.Self, "POST", "/events/sync"), Is.True);
    }
}
