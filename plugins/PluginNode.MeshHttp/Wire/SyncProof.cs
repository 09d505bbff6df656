using System.Buffers.Binary;
using System.Buffers.Text;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Wire;

/// <summary>
/// What a PluginNode adds to its sync requests, and a nara peer never sends: a nonce and a signature that hold sender,
/// recipient, time, path and body together. The nara headers leave the body open, and their signature fits any peer.
/// </summary>
/// <param name="Nonce">New for each request; the answer's own proof is over it.</param>
/// <param name="Signature">64 bytes, use <see cref="Use"/>.</param>
internal sealed record SyncProof(UInt128 Nonce, byte[] Signature)
{
    public const string NonceHeader = MeshWire.Nonce;
    public const string SignatureHeader = MeshWire.Signature;
    public const string Use = "mesh-sync";

    /// <summary>The asked node's own days, for comparing ledgers.</summary>
    public const string DaysPath = "/pluginnode/days";

    public static SyncProof Sign(
        ISigner signer, PeerId to, UInt128 nonce, long timestamp, string path, ReadOnlySpan<byte> digest)
    {
        var signature = new byte[ISigner.SignatureBytes];
        var text = SignedText.OfSync(
            signer.Self, to, nonce, timestamp, path, digest, stackalloc byte[SignedText.MaxBytes]);
        signer.Sign(Use, text, signature);
        return new SyncProof(nonce, signature);
    }

    /// <summary>False where the headers are there but malformed; null where a nara peer asks.</summary>
    public static bool? TryRead(string? nonce, string? signature, out SyncProof proof)
    {
        proof = new SyncProof(0, []);
        if (nonce is null && signature is null) return null;
        Span<byte> bytes = stackalloc byte[MeshWire.NonceBytes];
        var signed = new byte[ISigner.SignatureBytes];
        if (nonce is not { Length: 22 } || !Base64Url.TryDecodeFromChars(nonce, bytes, out var length)
            || length != bytes.Length || !RequestHead.TryBase64(signature, signed)) return false;
        proof = new SyncProof(BinaryPrimitives.ReadUInt128BigEndian(bytes), signed);
        return true;
    }

    public string NonceText()
    {
        Span<byte> bytes = stackalloc byte[MeshWire.NonceBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Nonce);
        return Base64Url.EncodeToString(bytes);
    }

    public bool Holds(ISigner signer, PeerId from, long timestamp, string path, ReadOnlySpan<byte> digest) =>
        signer.Verify(from, Use, SignedText.OfSync(
            from, signer.Self, Nonce, timestamp, path, digest, stackalloc byte[SignedText.MaxBytes]), Signature);
}
