using System.Security.Cryptography;
using PluginNode.Identity;

namespace PluginNode.Conformance.Fakes;

/// <summary>Signs the static keys of Noise handshakes as <see cref="MemorySigner"/> signs messages: with a digest that
/// anybody can make who knows the peer's id.</summary>
/// <param name="self">Who signs.</param>
public sealed class MemoryNoiseSigner(PeerId self) : INoiseSigner
{
    private const int KeyBytes = 32;

    /// <inheritdoc/>
    public PeerId Self => self;

    /// <inheritdoc/>
    public void SignStaticKey(ReadOnlySpan<byte> staticKey, Span<byte> signature)
    {
        if (staticKey.Length != KeyBytes)
            throw new ArgumentException(
                $"A static key has {KeyBytes} bytes, not {staticKey.Length}.", nameof(staticKey));
        if (signature.Length < ISigner.SignatureBytes)
            throw new ArgumentException($"A signature has {ISigner.SignatureBytes} bytes.", nameof(signature));
        Digest(self, staticKey).CopyTo(signature);
    }

    /// <inheritdoc/>
    public bool VerifyStaticKey(PeerId signer, ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> signature) =>
        staticKey.Length == KeyBytes && signature.SequenceEqual(Digest(signer, staticKey));

    private static byte[] Digest(PeerId signer, ReadOnlySpan<byte> staticKey) =>
        SHA512.HashData([.. signer.ToPublicKey(), .. "noise"u8, 0, .. staticKey]);
}
