using System.Security.Cryptography;

namespace PluginNode.Libp2p.Noise;

/// <summary>The chaining key, the hash of the transcript and the cipher of a handshake (Noise, section 5.2).</summary>
internal sealed class SymmetricState : IDisposable
{
    private const int HashBytes = SHA256.HashSizeInBytes;

    private readonly byte[] _chainingKey = new byte[HashBytes];
    private readonly byte[] _hash = new byte[HashBytes];
    private CipherState? _cipher;

    public SymmetricState(ReadOnlySpan<byte> protocolName)
    {
        // A name of at most 32 bytes is padded with zeros; a longer one would be hashed.
        if (protocolName.Length <= HashBytes) protocolName.CopyTo(_hash);
        else SHA256.HashData(protocolName, _hash);
        _hash.CopyTo(_chainingKey, 0);
    }

    /// <summary>The hash of the transcript, 32 bytes.</summary>
    public ReadOnlySpan<byte> Hash => _hash;

    /// <summary>Bytes that sealing adds now: none before the first key.</summary>
    public int Overhead => _cipher is null ? 0 : CipherState.TagBytes;

    public void MixHash(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_hash);
        hash.AppendData(data);
        hash.GetHashAndReset(_hash);
    }

    public void MixKey(ReadOnlySpan<byte> secret)
    {
        Span<byte> output = stackalloc byte[2 * HashBytes];
        Derive(secret, output);
        output[..HashBytes].CopyTo(_chainingKey);
        _cipher?.Dispose();
        _cipher = new CipherState(output[HashBytes..]);
        CryptographicOperations.ZeroMemory(output);
    }

    /// <summary>Writes the text, encrypted once there is a key, and tells its length.</summary>
    public int EncryptAndHash(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var length = text.Length + Overhead;
        if (_cipher is null) text.CopyTo(output);
        else _cipher.Encrypt(text, output[..length], _hash);
        MixHash(output[..length]);
        return length;
    }

    /// <exception cref="Libp2pException">It was damaged or cut.</exception>
    public byte[] DecryptAndHash(ReadOnlySpan<byte> input)
    {
        if (input.Length < Overhead) throw Libp2pException.Malformed("A handshake message is cut short.");
        var text = new byte[input.Length - Overhead];
        if (_cipher is null) input.CopyTo(text);
        else _cipher.Decrypt(input, text, _hash);
        MixHash(input);
        return text;
    }

    /// <summary>The ciphers of the two directions, the initiator's first.</summary>
    public (CipherState First, CipherState Second) Split()
    {
        Span<byte> output = stackalloc byte[2 * HashBytes];
        Derive([], output);
        var ciphers = (new CipherState(output[..HashBytes]), new CipherState(output[HashBytes..]));
        CryptographicOperations.ZeroMemory(output);
        return ciphers;
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        CryptographicOperations.ZeroMemory(_chainingKey);
    }

    // The framework's HKDF is that of RFC 5869 without info.
    private void Derive(ReadOnlySpan<byte> secret, Span<byte> output)
    {
        Span<byte> temporary = stackalloc byte[HashBytes];
        HMACSHA256.HashData(_chainingKey, secret, temporary); // HKDF.Extract takes no empty secret
        HKDF.Expand(HashAlgorithmName.SHA256, temporary, output, []);
        CryptographicOperations.ZeroMemory(temporary);
    }
}
