using System.Collections.Concurrent;

namespace PluginNode.Identity;

/// <summary>
/// Ed25519 (RFC 8032) by OpenSSL; checks by libsodium where it is installed. Both must give the same answers, or two
/// nodes would hold different ledgers for ever: so what only one of them refuses, keys that no honest node has and
/// signatures that begin with a point of small order, is refused before either is asked. All members may be called from
/// any thread.
/// </summary>
internal static class Ed25519
{
    public const int SeedBytes = 32;
    private const int CachedKeys = 1024;

    // Looking at a key costs more than a check. When the cache is full it is emptied: a node has few peers.
    private static readonly ConcurrentDictionary<PeerId, LibCrypto.KeyHandle?> Keys = new();

    /// <summary>The library that checks signatures, for people.</summary>
    public static string CheckedBy => LibSodium.Name ?? "libcrypto";

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

    public static bool Verify(PeerId signer, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        Verify(signer, text, signature, bySodium: LibSodium.Name is not null);

    /// <summary>The same by one of the two libraries.</summary>
    internal static bool Verify(PeerId signer, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature, bool bySodium)
    {
        if (signature.Length != ISigner.SignatureBytes || PublicKeys.IsOfSmallOrder(signature[..PeerId.KeyBytes])
            || KeyOf(signer) is not { } key) return false;
        if (!bySodium) return Verify(key, text, signature);
        Span<byte> bytes = stackalloc byte[PeerId.KeyBytes];
        signer.CopyKeyTo(bytes);
        return LibSodium.Verify(bytes, text, signature);
    }

    private static bool Verify(LibCrypto.KeyHandle key, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using var context = LibCrypto.NewContext();
        var ok = LibCrypto.VerifyInit(context, 0, 0, 0, key) == 1
            && LibCrypto.Verify(context, signature, (nuint)signature.Length, text, (nuint)text.Length) == 1;
        if (!ok) LibCrypto.ClearErrors(); // else OpenSSL's queue of this thread would speak up in somebody's TLS
        return ok;
    }

    /// <summary>Null for a key that no honest node has.</summary>
    private static LibCrypto.KeyHandle? KeyOf(PeerId id)
    {
        if (Keys.TryGetValue(id, out var known)) return known;
        LibCrypto.KeyHandle? key = null;
        if (PublicKeys.Problem(id) is null)
        {
            Span<byte> bytes = stackalloc byte[PeerId.KeyBytes];
            id.CopyKeyTo(bytes);
            key = LibCrypto.NewPublicKey(LibCrypto.Ed25519, 0, bytes, PeerId.KeyBytes);
            if (key.IsInvalid) throw Failed("import a public key");
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
