using System.Security.Cryptography;
using PluginNode.Identity;

namespace PluginNode.Mqtt.Wire;

/// <summary>
/// A payload of our own: a head of fixed size, the signature over it and the SHA-256 of the body, and the body. All
/// numbers are big endian.
/// </summary>
internal static class SignedPayload
{
    private const int MaxHead = 128;

    /// <summary>Signs what is written already, head and body, and puts the signature between them.</summary>
    public static void Sign(ISigner signer, string use, Span<byte> payload, int head) => signer.Sign(
        use, Text(payload, head, stackalloc byte[MaxHead + SHA256.HashSizeInBytes]),
        payload.Slice(head, ISigner.SignatureBytes));

    /// <summary>Whether that peer has signed this payload, which must be long enough, for this use.</summary>
    public static bool Holds(ISigner signer, PeerId by, string use, ReadOnlySpan<byte> payload, int head) =>
        signer.Verify(
            by, use, Text(payload, head, stackalloc byte[MaxHead + SHA256.HashSizeInBytes]),
            payload.Slice(head, ISigner.SignatureBytes));

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> payload, int head, Span<byte> buffer)
    {
        payload[..head].CopyTo(buffer);
        SHA256.HashData(payload[(head + ISigner.SignatureBytes)..], buffer[head..]);
        return buffer[..(head + SHA256.HashSizeInBytes)];
    }
}
