using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.MeshHttp;

/// <summary>
/// What a call signs. Every field is written with its length before it, so that no two different calls sign the same
/// bytes.
/// </summary>
internal static class MeshHeaders
{
    public const string FramesPath = "/pluginnode/frames";
    public const string From = "X-PluginNode-From";
    public const string To = "X-PluginNode-To";
    public const string Nonce = "X-PluginNode-Nonce";
    public const string Timestamp = "X-PluginNode-Timestamp";
    public const string Digest = "X-PluginNode-Digest";
    public const string Signature = "X-PluginNode-Signature";
    public const int NonceBytes = 16;

    private const string RequestUse = "mesh-request";
    private const string ResponseUse = "mesh-response";

    /// <summary>How far two clocks may differ.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    public static string SignRequest(ISigner signer, PeerId to, RequestFields fields)
    {
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        signer.Sign(RequestUse, Text(signer.Self, to, fields), signature);
        return Convert.ToBase64String(signature);
    }

    public static bool VerifyRequest(ISigner signer, PeerId from, RequestFields fields, string signature) =>
        Verify(signer, from, RequestUse, Text(from, signer.Self, fields), signature);

    public static string SignResponse(ISigner signer, ResponseFields fields)
    {
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes];
        signer.Sign(ResponseUse, Text(fields), signature);
        return Convert.ToBase64String(signature);
    }

    public static bool VerifyResponse(ISigner signer, PeerId from, ResponseFields fields, string signature) =>
        Verify(signer, from, ResponseUse, Text(fields), signature);

    public static string DigestOf(ReadOnlySpan<byte> body) => Convert.ToBase64String(SHA256.HashData(body));

    private static bool Verify(ISigner signer, PeerId from, string use, byte[] text, string signature)
    {
        Span<byte> bytes = stackalloc byte[ISigner.SignatureBytes];
        return Convert.TryFromBase64String(signature, bytes, out var count) && count == bytes.Length
            && signer.Verify(from, use, text, bytes);
    }

    private static byte[] Text(PeerId from, PeerId to, in RequestFields f) =>
        Join(from.ToString(), to.ToString(), f.Nonce, Number(f.TimestampMs), f.Method, f.Path, Number(f.Length), f.Digest);

    private static byte[] Text(in ResponseFields f) =>
        Join(f.Nonce, Number(f.Status), Number(f.TimestampMs), f.Digest);

    private static string Number(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] Join(params ReadOnlySpan<string> parts)
    {
        using var text = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            text.Write(length);
            text.Write(bytes);
        }
        return text.ToArray();
    }
}

/// <summary>The signed fields of a request, beside both peer ids.</summary>
internal readonly record struct RequestFields(
    string Nonce, long TimestampMs, string Method, string Path, long Length, string Digest);

/// <summary>The signed fields of a response: the request's nonce ties it to the one request that it answers.</summary>
internal readonly record struct ResponseFields(string Nonce, int Status, long TimestampMs, string Digest);
