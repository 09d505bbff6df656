using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Wire;

/// <summary>Signs an answer and proves one: by whom it is, and that it is for this very request.</summary>
internal static class ResponseProof
{
    public static void Sign(
        HttpResponse response, ISigner signer, UInt128 requestNonce, long timestamp, ReadOnlySpan<byte> body)
    {
        Span<byte> digest = stackalloc byte[MeshWire.DigestBytes];
        SHA256.HashData(body, digest);
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        var text = SignedText.OfResponse(
            signer.Self, requestNonce, response.StatusCode, timestamp, digest, stackalloc byte[SignedText.MaxBytes]);
        signer.Sign(MeshWire.ResponseUse, text, signature);
        response.Headers[MeshWire.Timestamp] = timestamp.ToString(CultureInfo.InvariantCulture);
        response.Headers[MeshWire.Signature] = Convert.ToBase64String(signature);
    }

    /// <summary>Reads the proof, before the body is. False where there is none or it is malformed.</summary>
    public static bool TryRead(HttpResponseHeaders headers, Span<byte> signature, out long timestamp)
    {
        timestamp = 0;
        return RequestHead.TryTime(One(headers, MeshWire.Timestamp), out timestamp)
            && RequestHead.TryBase64(One(headers, MeshWire.Signature), signature);
    }

    public static bool Holds(
        ISigner signer, PeerId responder, UInt128 requestNonce, int status, long timestamp,
        ReadOnlySpan<byte> body, ReadOnlySpan<byte> signature)
    {
        Span<byte> digest = stackalloc byte[MeshWire.DigestBytes];
        SHA256.HashData(body, digest);
        var text = SignedText.OfResponse(
            responder, requestNonce, status, timestamp, digest, stackalloc byte[SignedText.MaxBytes]);
        return signer.Verify(responder, MeshWire.ResponseUse, text, signature);
    }

    private static string? One(HttpResponseHeaders headers, string name)
    {
        if (!headers.NonValidated.TryGetValues(name, out var values) || values.Count != 1) return null;
        foreach (var value in values) return value;
        return null;
    }
}
