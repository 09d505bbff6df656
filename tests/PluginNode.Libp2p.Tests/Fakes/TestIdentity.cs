using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using PluginNode.Identity;
using PluginNode.Libp2p.Noise;

namespace PluginNode.Libp2p.Fakes;

/// <summary>A real Ed25519 key by OpenSSL, as the kernel has one.</summary>
internal sealed partial class TestIdentity : INoiseSigner
{
    private const int Ed25519 = 1087;
    private readonly byte[] _seed;

    static TestIdentity() => NativeLibrary.SetDllImportResolver(typeof(TestIdentity).Assembly, Resolve);

    private TestIdentity(byte[] seed)
    {
        _seed = seed;
        var key = NewPrivateKey(Ed25519, 0, seed, 32);
        var bytes = new byte[32];
        nuint length = 32;
        Assert.That(GetPublicKey(key, bytes, ref length), Is.EqualTo(1));
        FreeKey(key);
        Self = PeerId.FromPublicKey(bytes);
    }

    public PeerId Self { get; }

    /// <summary>Whether it signs something else than it is told to.</summary>
    public bool Lies { get; init; }

    public static TestIdentity Fresh() => new(RandomNumberGenerator.GetBytes(32));

    public static TestIdentity Liar() => new(RandomNumberGenerator.GetBytes(32)) { Lies = true };

    public static TestIdentity FromSeed(byte[] seed) => new(seed);

    public void SignStaticKey(ReadOnlySpan<byte> staticKey, Span<byte> signature)
    {
        var text = Text(staticKey);
        if (Lies) text[^1] ^= 1;
        var key = NewPrivateKey(Ed25519, 0, _seed, 32);
        var context = NewContext();
        nuint length = 64;
        Assert.That(SignInit(context, 0, 0, 0, key), Is.EqualTo(1));
        Assert.That(Sign(context, signature, ref length, text, (nuint)text.Length), Is.EqualTo(1));
        FreeContext(context);
        FreeKey(key);
    }

    public bool VerifyStaticKey(PeerId signer, ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> signature)
    {
        var text = Text(staticKey);
        var key = NewPublicKey(Ed25519, 0, signer.ToPublicKey(), 32);
        if (key == 0) return false;
        var context = NewContext();
        var ok = VerifyInit(context, 0, 0, 0, key) == 1
            && Verify(context, signature, (nuint)signature.Length, text, (nuint)text.Length) == 1;
        FreeContext(context);
        FreeKey(key);
        return ok;
    }

    private static byte[] Text(ReadOnlySpan<byte> staticKey) => [.. "noise-libp2p-static-key:"u8, .. staticKey];

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        foreach (var file in (string[])["libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll"])
            if (NativeLibrary.TryLoad(file, assembly, path, out var library)) return library;
        return 0;
    }

    [LibraryImport("crypto", EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewPrivateKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport("crypto", EntryPoint = "EVP_PKEY_new_raw_public_key")]
    private static partial nint NewPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport("crypto", EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int GetPublicKey(nint key, Span<byte> bytes, ref nuint length);

    [LibraryImport("crypto", EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint NewContext();

    [LibraryImport("crypto", EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(nint context, nint keyContext, nint type, nint engine, nint key);

    [LibraryImport("crypto", EntryPoint = "EVP_DigestSign")]
    private static partial int Sign(
        nint context, Span<byte> signature, ref nuint signatureLength, ReadOnlySpan<byte> text, nuint length);

    [LibraryImport("crypto", EntryPoint = "EVP_DigestVerifyInit")]
    private static partial int VerifyInit(nint context, nint keyContext, nint type, nint engine, nint key);

    [LibraryImport("crypto", EntryPoint = "EVP_DigestVerify")]
    private static partial int Verify(
        nint context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> text, nuint length);

    [LibraryImport("crypto", EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport("crypto", EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);
}
