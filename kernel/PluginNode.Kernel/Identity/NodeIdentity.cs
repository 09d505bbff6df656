using System.Security.Cryptography;
using System.Text;

namespace PluginNode.Identity;

/// <summary>
/// The node's Ed25519 key pair: signs with domain tags, derives keys, names the node. Thread-safe. The secret bytes are
/// zeroed when it is disposed.
/// </summary>
public sealed class NodeIdentity : ISigner, IDisposable
{
    private readonly byte[] _secret; // seed ‖ public key, 64 bytes
    private readonly LibCrypto.KeyHandle _key;

    private NodeIdentity(ReadOnlySpan<byte> seed)
    {
        _key = Ed25519.ImportSeed(seed);
        Self = Ed25519.PublicKeyOf(_key);
        _secret = new byte[Ed25519.SeedBytes + PeerId.KeyBytes];
        seed.CopyTo(_secret);
        Self.CopyKeyTo(_secret.AsSpan(Ed25519.SeedBytes));
    }

    /// <inheritdoc/>
    public PeerId Self { get; }

    /// <summary>The same key as a <c>did:key</c> (W3C did:key, multicodec ed25519-pub).</summary>
    public string Did => "did:key:z" + SimpleBase.Base58.Bitcoin.Encode([0xed, 0x01, .. Self.ToPublicKey()]);

    /// <summary>The identity of a 32-byte seed (RFC 8032, the private key). The seed is copied.</summary>
    /// <exception cref="ArgumentException">It has not 32 bytes.</exception>
    public static NodeIdentity FromSeed(ReadOnlySpan<byte> seed) => seed.Length == Ed25519.SeedBytes
        ? new NodeIdentity(seed)
        : throw new ArgumentException($"An Ed25519 seed has {Ed25519.SeedBytes} bytes, not {seed.Length}.", nameof(seed));

    /// <summary>Reads the identity file.</summary>
    /// <exception cref="IdentityException">It is missing, unreadable, no Ed25519 PKCS#8 PEM, or others may read
    /// it.</exception>
    public static NodeIdentity Load(string path) => IdentityFile.Read(path);

    /// <summary>Reads the identity file, or makes one with mode 0600 where there is none.</summary>
    /// <exception cref="IdentityException">As for <see cref="Load"/>, or it cannot be written.</exception>
    public static NodeIdentity LoadOrCreate(string path)
    {
        if (!File.Exists(path)) IdentityFile.Create(path);
        return IdentityFile.Read(path);
    }

    /// <inheritdoc/>
    public void Sign(string use, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (signature.Length < ISigner.SignatureBytes)
            throw new ArgumentException("A signature needs 64 bytes.", nameof(signature));
        Ed25519.Sign(_key, Tagged(use, message), signature);
    }

    /// <inheritdoc/>
    public bool Verify(PeerId signer, string use, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Ed25519.Verify(signer, Tagged(use, message), signature);

    /// <summary>Signs an event's hash as it is: the nara network's signatures have no domain tag. A hash that began
    /// like a tag would take 2^88 tries, so that no signature of another use can be had by this.</summary>
    internal void SignEventHash(ReadOnlySpan<byte> hash, Span<byte> signature)
    {
        if (hash.Length != SHA256.HashSizeInBytes)
            throw new ArgumentException($"A hash has 32 bytes, not {hash.Length}.", nameof(hash));
        SignUntagged(hash, signature);
    }

    /// <summary>Signs bytes as they are. Only for who can say why they pass for nothing else that this key signs: the
    /// hash of an event, <see cref="NaraSigner"/> and <see cref="NoiseSigner"/>.</summary>
    internal void SignUntagged(ReadOnlySpan<byte> text, Span<byte> signature)
    {
        if (signature.Length < ISigner.SignatureBytes)
            throw new ArgumentException("A signature needs 64 bytes.", nameof(signature));
        Ed25519.Sign(_key, text, signature);
    }

    /// <summary>Derives a key with HKDF-SHA256 (RFC 5869) over seed ‖ public key.</summary>
    /// <param name="salt">May be empty.</param>
    /// <param name="info">What the key is for.</param>
    /// <param name="length">Bytes, 1 to 8 160.</param>
    public byte[] DeriveKey(ReadOnlySpan<byte> salt, string info, int length)
    {
        var key = new byte[length];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, key, salt, Encoding.UTF8.GetBytes(info));
        return key;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_secret);
        _key.Dispose();
    }

    private static byte[] Tagged(string use, ReadOnlySpan<byte> message)
    {
        if (use.Length == 0 || use.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')))
            throw new ArgumentException($"'{use}' is not a use of the form [a-z0-9-].", nameof(use));
        return [.. Encoding.ASCII.GetBytes($"pluginnode/{use}/1\0"), .. message];
    }
}

/// <summary>What plugins are given: signs for any use but the kernel's own.</summary>
public sealed class PluginSigner(NodeIdentity identity) : ISigner
{
    /// <inheritdoc/>
    public PeerId Self => identity.Self;

    /// <inheritdoc/>
    public void Sign(string use, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (use == "frame") throw new ArgumentException("'frame' is the kernel's use.", nameof(use));
        identity.Sign(use, message, signature);
    }

    /// <inheritdoc/>
    public bool Verify(PeerId signer, string use, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        identity.Verify(signer, use, message, signature);
}
