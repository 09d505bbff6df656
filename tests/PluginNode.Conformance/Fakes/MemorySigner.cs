using System.Security.Cryptography;
using System.Text;
using PluginNode.Identity;

namespace PluginNode.Conformance.Fakes;

/// <summary>Signs with a digest that anybody can make who knows the peer's id: enough to find out whether signatures
/// are made and checked, and over the right bytes.</summary>
/// <param name="self">Who signs.</param>
public sealed class MemorySigner(PeerId self) : ISigner
{
    /// <inheritdoc/>
    public PeerId Self => self;

    /// <inheritdoc/>
    public void Sign(string use, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (string.IsNullOrEmpty(use) || use == "frame" || !use.All(IsOfUse))
            throw new ArgumentException($"'{use}' is no use that a plugin signs for.", nameof(use));
        if (signature.Length < ISigner.SignatureBytes)
            throw new ArgumentException($"A signature has {ISigner.SignatureBytes} bytes.", nameof(signature));
        Digest(self, use, message).CopyTo(signature);
    }

    /// <inheritdoc/>
    public bool Verify(PeerId signer, string use, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.SequenceEqual(Digest(signer, use, message));

    private static bool IsOfUse(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-';

    private static byte[] Digest(PeerId signer, string use, ReadOnlySpan<byte> message) => SHA512.HashData(
        [.. signer.ToPublicKey(), .. Encoding.UTF8.GetBytes(use), 0, .. message]);
}
