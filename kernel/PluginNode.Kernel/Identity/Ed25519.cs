using System.Collections.Concurrent;

namespace PluginNode.Identity;

/// <summary>Ed25519 (RFC 8032) by OpenSSL. All members may be called from any thread.</summary>
internal static class Ed25519
{
    public const int SeedBytes = 32;
    private const int CachedKeys = 1024;

    // Making a key costs about a tenth of a check. When the cache is full it is emptied: a node has few peers.
    private static readonly ConcurrentDictionary<PeerId, LibCrypto.KeyHandle> Keys = new();

    public static LibCrypto.KeyHandle ImportSeed(ReadOnlySpan<byte> seed)
    {
        var key = LibCrypto.NewPrivateKey(LibCrypto.Ed25519, 0, seed, (nuint)seed.Length);
        return key.IsInvalid ? throw Failed("import the private key") : key;
    }

    public static PeerId PublicKeyOf(LibCrypto.KeyHandle key)
    {
        Span<byte> bytes = stackalloc byte[PeerId.KeyBytes];
        nuint length = PeerId.KeyBytes;
        return LibCrypto.GetPublicKey(key, bytes, ref length) == 1
            ? PeerId.FromPublicKey(bytes) : throw Failed("derive the public key");
    }

    public static void Sign(LibCrypto.KeyHandle key, ReadOnlySpan<byte> text, Span<byte> signature)
    {
        using var context = LibCrypto.NewContext();
        nuint length = ISigner.SignatureBytes;
        if (LibCrypto.SignInit(context, 0, 0, 0, key) != 1
            || LibCrypto.Sign(context, signature, ref length, text, (nuint)text.Length) != 1)
            throw Failed("sign");
    }

    public static bool Verify(PeerId signer, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != ISigner.SignatureBytes || KeyOf(signer) is not { } key) return false;
        using var context = LibCrypto.NewContext();
        var ok = LibCrypto.VerifyInit(context, 0, 0, 0, key) == 1
            && LibCrypto.Verify(context, signature, (nuint)signature.Length, text, (nuint)text.Length) == 1;
        if (!ok) LibCrypto.ClearErrors(); // else OpenSSL's queue of this thread would speak up in somebody's TLS
        return ok;
    }

    private static LibCrypto.KeyHandle? KeyOf(PeerId id)
    {
        if (Keys.TryGetValue(id, out var known)) return known;
        Span<byte> bytes = stackalloc byte[PeerId.KeyBytes];
        id.CopyKeyTo(bytes);
        var key = LibCrypto.NewPublicKey(LibCrypto.Ed25519, 0, bytes, PeerId.KeyBytes);
        if (key.IsInvalid)
        {
            LibCrypto.ClearErrors();
            return null;
        }
        if (Keys.Count >= CachedKeys) Keys.Clear(); // handles still in use are freed when their last user lets go
        return Keys.GetOrAdd(id, key);
    }

    private static IdentityException Failed(string what)
    {
        LibCrypto.ClearErrors();
        return new IdentityException($"OpenSSL could not {what}. It must be version 3 with Ed25519 enabled.");
    }
}
