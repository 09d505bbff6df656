using System.Security.Cryptography;

namespace PluginNode.Libp2p.Noise;

/// <summary>A key pair of X25519 (RFC 7748) in OpenSSL. May be used from several threads at once.</summary>
internal sealed class X25519Key : IDisposable
{
    /// <summary>Bytes of a private key, a public key and a shared secret.</summary>
    public const int Bytes = 32;

    private readonly LibCrypto.KeyHandle _key;
    private readonly byte[] _public = new byte[Bytes];

    private X25519Key(ReadOnlySpan<byte> privateKey)
    {
        _key = LibCrypto.NewPrivateKey(LibCrypto.X25519, 0, privateKey, Bytes);
        nuint length = Bytes;
        if (_key.IsInvalid || LibCrypto.GetPublicKey(_key, _public, ref length) != 1) throw Failed("make a key");
    }

    public ReadOnlySpan<byte> Public => _public;

    /// <summary>A fresh key from the system's random numbers.</summary>
    public static X25519Key Generate()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bytes);
        var key = new X25519Key(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>A key that is known: for known answers only.</summary>
    public static X25519Key FromPrivate(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Computes the shared secret of 32 bytes.</summary>
    /// <exception cref="Libp2pException">The remote's key is one of those that lead to the secret zero.</exception>
    public void Agree(ReadOnlySpan<byte> theirPublic, Span<byte> secret)
    {
        using var peer = LibCrypto.NewPublicKey(LibCrypto.X25519, 0, theirPublic, Bytes);
        using var context = LibCrypto.NewContext(_key, 0);
        nuint length = Bytes;
        if (peer.IsInvalid || context.IsInvalid || LibCrypto.DeriveInit(context) != 1)
            throw Failed("agree on a secret");
        if (LibCrypto.SetPeer(context, peer) == 1 && LibCrypto.Derive(context, secret, ref length) == 1) return;
        // OpenSSL refuses points of small order itself (RFC 7748, section 6.1).
        LibCrypto.ClearErrors();
        throw new Libp2pException(Libp2pFault.Authentication,
            "The remote sent an X25519 key that no secret comes from.");
    }

    public void Dispose() => _key.Dispose();

    private static CryptographicException Failed(string what)
    {
        LibCrypto.ClearErrors();
        return new CryptographicException($"OpenSSL could not {what}. It must be version 3 with X25519 enabled.");
    }
}
