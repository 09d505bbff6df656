using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Wire;

/// <summary>What an answer's headers say besides its status.</summary>
/// <param name="Timestamp">Milliseconds since 1970, by the responder's own clock.</param>
/// <param name="MaxBatch">The largest body that the responder takes, in bytes, where it says so.</param>
internal readonly record struct AnswerHead(long Timestamp, long? MaxBatch = null);

/// <summary>Signs an answer and proves one: by whom it is, and that it is for this very request.</summary>
internal static class ResponseProof
{
    public static void Sign(
        HttpResponse response, ISigner signer, UInt128 requestNonce, in AnswerHead head, ReadOnlySpan<byte> body)
    {
        Span<byte> digest = stackalloc byte[MeshWire.DigestBytes];
        SHA256.HashData(body, digest);
        SignDigest(response, signer, requestNonce, head, digest);
    }

    public static void SignDigest(
        HttpResponse response, ISigner signer, UInt128 requestNonce, in AnswerHead head, ReadOnlySpan<byte> digest)
    {
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        var text = SignedText.OfResponse(
            signer.Self, requestNonce, response.StatusCode, head, digest, stackalloc byte[SignedText.MaxBytes]);
        signer.Sign(MeshWire.ResponseUse, text, signature);
        response.Headers[MeshWire.Timestamp] = head.Timestamp.ToString(CultureInfo.InvariantCulture);
        if (head.MaxBatch is { } maxBatch)
            response.Headers[MeshWire.MaxBatch] = maxBatch.ToString(CultureInfo.InvariantCulture);
        response.Headers[MeshWire.Signature] = Convert.ToBase64String(signature);
    }

    /// <summary>Reads the proof, before the body is. False where there is none or it is malformed.</summary>
    public static bool TryRead(HttpResponseHeaders headers, Span<byte> signature, out AnswerHead head)
    {
        head = default;
        if (!RequestHead.TryTime(One(headers, MeshWire.Timestamp), out var timestamp)
            || !RequestHead.TryBase64(One(headers, MeshWire.Signature), signature)) return false;
        head = new(timestamp);
        if (!headers.NonValidated.Contains(MeshWire.MaxBatch)) return true;
        var isNumber = long.TryParse(
            One(headers, MeshWire.MaxBatch), NumberStyles.None, CultureInfo.InvariantCulture, out var maxBatch);
        head = new(timestamp, maxBatch);
        return isNumber;
    }

    public static bool Holds(
        ISigner signer, PeerId responder, UInt128 requestNonce, int status, in AnswerHead head,
        ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature)
    {
        Span<byte> digest = stackalloc byte[MeshWire.DigestBytes];
        SHA256.HashData(body, digest);
        return HoldsDigest(signer, responder, requestNonce, status, head, digest, signature);
    }

    public static bool HoldsDigest(
        ISigner signer, PeerId responder, UInt128 requestNonce, int status, in AnswerHead head,
        ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var text = SignedText.OfResponse(
            responder, requestNonce, status, head, digest, stackalloc byte[SignedText.MaxBytes]);
        return signer.Verify(responder, MeshWire.ResponseUse, text, signature);
    }

    private static string? One(HttpResponseHeaders headers, string name)
    {
        if (!headers.NonValidated.TryGetValues(name, out var values) || values.Count != 1) return null;
        foreach (var value in values) return value;
        return null;
    }
}
