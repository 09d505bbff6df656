using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Tests;

/// <summary>Every event that nara's own code made, and those that were altered afterwards.</summary>
[TestFixture]
public sealed class EventVectorTests
{
    // Their signature is no 64 bytes in padded base64.
    private static readonly string[] NoSignature = ["signature-short", "signature-not-base64", "signature-base64url"];

    [Test]
    public void Vectors_AreAllThere() => Assert.That(Vectors.Events.Count(), Is.EqualTo(77));

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Decode_Vector_GivesItsMembers(EventVector vector)
    {
        if (NoSignature.Contains(vector.Name))
        {
            Assert.That(Nara.Codec.Decode(vector.Bytes).Verdict, Is.EqualTo(EventVerdict.WrongSignature));
            return;
        }
        var decoded = Nara.Decode(vector.Json);
        Assert.Multiple(() =>
        {
            Assert.That(decoded.Id.ToString(), Is.EqualTo(vector.Id));
            Assert.That(decoded.Timestamp, Is.EqualTo((long)vector.Event["ts"]!));
            Assert.That(decoded.Service, Is.EqualTo(vector.Service));
            Assert.That(decoded.Emitter, Is.EqualTo((string?)vector.Event["emitter"] ?? ""));
            Assert.That(decoded.EmitterId, Is.EqualTo((string?)vector.Event["emitter_id"] ?? ""));
            Assert.That(decoded.IsSigned, Is.EqualTo(vector.IsSigned));
            Assert.That(decoded.Signature.ToArray(), Is.EqualTo(Convert.FromBase64String(vector.Signature)));
            var data = vector.Event[vector.Service.Replace('-', '_')];
            Assert.That(JsonNode.DeepEquals(JsonNode.Parse(decoded.Data.Span), data), Is.True);
        });
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Encode_Vector_IsByteForByteWhatGoWrote(EventVector vector)
    {
        if (NoSignature.Contains(vector.Name)) return;
        // Go skips line ends in base64 and so do we; they are not kept.
        Assert.That(Nara.Encode(Nara.Decode(vector.Json)), Is.EqualTo(vector.Json.Replace("\\n", "")));
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Read_Vector_GivesContentAndValidity(EventVector vector)
    {
        var data = vector.Event[vector.Service.Replace('-', '_')]!.ToJsonString();
        var (reading, content) = Nara.Read(vector.Service, data);
        Assert.Multiple(() =>
        {
            Assert.That(content, Is.EqualTo(vector.Content));
            Assert.That(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(content)), Is.EqualTo(vector.ContentHex));
            Assert.That(reading.IsValid, Is.EqualTo(vector.IsValid), reading.Problem);
        });
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Hashes_Vector_AreThoseOfItsPreimages(EventVector vector)
    {
        var content = Encoding.UTF8.GetBytes(vector.Content);
        var timestamp = (long)vector.Event["ts"]!;
        var id = EventIds.IdOf(timestamp, vector.Service, content);
        Assert.That(EventId.TryParse(vector.Id, out var claimed), Is.True);
        var hash = new byte[EventIds.HashBytes];
        EventIds.HashToSign(claimed, timestamp, vector.Service, vector.Emitter, content, hash);
        Assert.Multiple(() =>
        {
            Assert.That(id == claimed, Is.EqualTo(vector.IdMatchesContent));
            Assert.That(id, Is.EqualTo(EventId.FromHash(Sha256(vector.IdPreimage))));
            Assert.That(hash, Is.EqualTo(Sha256(vector.SignablePreimage)));
            Assert.That(Convert.ToHexStringLower(hash), Is.EqualTo(vector.SignableHash));
        });
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Check_Vector_GivesNarasVerdictAndTheIds(EventVector vector)
    {
        if (NoSignature.Contains(vector.Name)) return;
        var check = Nara.Check(Nara.Decode(vector.Json));
        Assert.That(check.Verdict, Is.EqualTo(Expected(vector)), check.Reason);
    }

    [Test]
    public void Check_KeyNotKnown_WaitsForIt()
    {
        var signed = Nara.Decode(new EventVector(Vectors.Of("events-social")[0]).Json);
        var check = EventVerifier.Check(signed, Nara.Kinds.Of(signed.Service), null, Vectors.KeyOf);
        Assert.That((check.Verdict, check.Reading.Actor), Is.EqualTo((EventVerdict.UnknownKey, "alice")));
    }

    private static EventVerdict Expected(EventVector vector)
    {
        if (!vector.IsValid) return EventVerdict.NotValid;
        if (!vector.IdMatchesContent) return EventVerdict.WrongId; // a check that nara never makes
        if (vector.Service == "checkpoint")
            return vector.CheckpointIsValid ? EventVerdict.Valid : EventVerdict.NotVouched;
        if (!vector.IsSigned) return EventVerdict.Unsigned;
        return vector.VerifiesWithEmitterKey ? EventVerdict.Valid : EventVerdict.WrongSignature;
    }

    private static byte[] Sha256(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
