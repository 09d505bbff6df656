using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.MeshHttp.Wire;

namespace PluginNode.MeshHttp.Tests.Sync;

/// <summary>Signatures and bodies, byte for byte.</summary>
[TestFixture]
internal sealed class SyncVectorTests
{
    private static NaraSigner SignerOf(JsonNode v, string member = "name")
    {
        var name = (string)v[member]!;
        return new NaraSigner(SyncVectors.Identities[name], name);
    }

    [TestCaseSource(typeof(SyncVectors), nameof(SyncVectors.Requests))]
    public void Request_Signed_IsAsNaraSigns(JsonNode v)
    {
        var signer = SignerOf(v);
        var (time, method, path) = ((string)v["timestamp"]!, (string)v["method"]!, (string)v["path"]!);
        var signature = new byte[64];

        signer.SignRequest(long.Parse(time), method, path, signature);

        Assert.That(Convert.ToBase64String(signature), Is.EqualTo((string)v["signature"]!));
        Assert.That(NaraHead.Read(signer.Name, time, (string)v["signature"]!, out var head), Is.Null);
        Assert.That(head.IsRequestSigned(signer, SyncVectors.Key(v), method, path), Is.True);
        Assert.That(head.IsRequestSigned(signer, SyncVectors.Key(v), method, path + "x"), Is.False);
        var later = head with { Timestamp = head.Timestamp + 1 };
        Assert.That(later.IsRequestSigned(signer, SyncVectors.Key(v), method, path), Is.False);
    }

    [TestCaseSource(typeof(SyncVectors), nameof(SyncVectors.Responses))]
    public void Response_Signed_IsAsNaraSigns(JsonNode v)
    {
        var signer = SignerOf(v);
        var digest = Convert.FromBase64String((string)v["body_sha256_base64"]!);
        var signature = new byte[64];

        signer.SignResponse(long.Parse((string)v["timestamp"]!), digest, signature);

        Assert.That(Convert.ToBase64String(signature), Is.EqualTo((string)v["signature"]!));
        NaraHead.Read(signer.Name, (string)v["timestamp"]!, (string)v["signature"]!, out var head);
        Assert.That(head.IsResponseSigned(signer, SyncVectors.Key(v), digest), Is.True);
        digest[0]++;
        Assert.That(head.IsResponseSigned(signer, SyncVectors.Key(v), digest), Is.False);
    }

    [TestCaseSource(typeof(SyncVectors), nameof(SyncVectors.SyncRequests))]
    public void SyncRequest_ReadAndWritten_IsTheSameBytes(JsonNode v)
    {
        var json = (string)v["json_text"]!;

        var request = SyncRequestReader.Read(Encoding.UTF8.GetBytes(json));

        Assert.That(request, Is.Not.Null);
        Assert.That(Encoding.UTF8.GetString(request!.ToJson()), Is.EqualTo(json));
        Assert.That(request.From, Is.EqualTo((string)v["request"]!["from"]!));
    }

    [TestCaseSource(typeof(SyncVectors), nameof(SyncVectors.SyncResponses))]
    public void SyncResponse_Decoded_VerifiesWhereNaraVerifies(JsonNode v)
    {
        var json = Encoding.UTF8.GetBytes((string)v["json_text"]!);
        var decoder = new EventsDecoder(5000);

        // in small steps, as it may arrive
        for (var i = 7; i < json.Length; i += 7) Assert.That(decoder.Look(json.AsSpan(0, i), isWhole: false), Is.True);
        Assert.That(decoder.Look(json, isWhole: true), Is.True, decoder.Problem);

        var verdict = SyncClient.IsSigned(decoder, SignerOf(v["response"]!, "from"), SyncVectors.Key(v));
        Assert.That(verdict, Is.EqualTo((bool)v["nara_verifies"]!));
        var events = v["response"]!["events"]?.AsArray().Select(e => e!.ToJsonString(Plain)) ?? [];
        Assert.That(decoder.Events.Select(r => Encoding.UTF8.GetString(json[r])), Is.EqualTo(events));
        Assert.That(decoder.NextCursor, Is.EqualTo((string?)v["response"]!["next_cursor"]));
    }

    [TestCaseSource(typeof(SyncVectors), nameof(SyncVectors.UnchangedResponses))]
    public void SyncResponse_SignedByUs_IsAsNaraSigns(JsonNode v)
    {
        var ids = new List<EventId>();
        foreach (var e in v["response"]!["events"]?.AsArray() ?? [])
            if (EventId.TryParse((string)e!["id"]!, out var id)) ids.Add(id);
        var signature = new byte[64];

        SignerOf(v["response"]!, "from").SignEvents((long)v["response"]!["ts"]!, [.. ids], signature);

        Assert.That(Convert.ToBase64String(signature), Is.EqualTo((string)v["signature"]!));
    }

    private static readonly JsonSerializerOptions Plain =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
