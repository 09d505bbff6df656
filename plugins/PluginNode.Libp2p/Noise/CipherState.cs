using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PluginNode.Libp2p.Noise;

/// <summary>
/// A key and its nonces (Noise Protocol Framework, section 5.1, cipher ChaChaPoly of section 12.3). For one direction,
/// one call at a time.
/// </summary>
internal sealed class CipherState(ReadOnlySpan<byte> key) : IDisposable
{
    /// <summary>Bytes of the authentication tag.</summary>
    public const int TagBytes = 16;

    private readonly ChaCha20Poly1305 _cipher = new(key);
    private ulong _nonce;

    /// <summary>Encrypts; ciphertext and tag take <see cref="TagBytes"/> more than the text. In place is
    /// allowed.</summary>
    public void Encrypt(ReadOnlySpan<byte> text, Span<byte> sealedText, ReadOnlySpan<byte> associated = default)
    {
        Span<byte> nonce = stackalloc byte[12];
        NextNonce(nonce);
        _cipher.Encrypt(
            nonce, text, sealedText[..text.Length], sealedText.Slice(text.Length, TagBytes), associated);
    }

    /// <summary>Decrypts. In place is allowed.</summary>
    /// <exception cref="Libp2pException">It is not what the other side encrypted as its next message.</exception>
    public void Decrypt(ReadOnlySpan<byte> sealedText, Span<byte> text, ReadOnlySpan<byte> associated = default)
    {
        Span<byte> nonce = stackalloc byte[12];
        NextNonce(nonce);
        try
        {
            _cipher.Decrypt(nonce, sealedText[..^TagBytes], sealedText[^TagBytes..], text, associated);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new Libp2pException(
                Libp2pFault.Authentication, "A Noise message is damaged or was not encrypted by the remote.", e);
        }
    }

    public void Dispose() => _cipher.Dispose();

    // 2^64 − 1 is reserved: a connection ends before a nonce comes twice.
    private void NextNonce(Span<byte> nonce)
    {
        if (_nonce == ulong.MaxValue) throw new Libp2pException(Libp2pFault.Limit, "The key's nonces are used up.");
        BinaryPrimitives.WriteUInt32LittleEndian(nonce, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], _nonce++);
    }
}
