using System.Reflection;
using System.Runtime.InteropServices;

namespace PluginNode.Libp2p.Noise;

/// <summary>
/// The few calls of OpenSSL 3's libcrypto (manual sections EVP_PKEY-X25519, EVP_PKEY_derive) that X25519 needs and .NET
/// does not offer. On Linux .NET itself has already loaded the library.
/// </summary>
internal static partial class LibCrypto
{
    public const int X25519 = 1034; // NID_X25519, openssl/obj_mac.h
    private const string Name = "libcrypto";

    static LibCrypto() => NativeLibrary.SetDllImportResolver(typeof(LibCrypto).Assembly, Resolve);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    public static partial KeyHandle NewPrivateKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    public static partial KeyHandle NewPublicKey(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    public static partial int GetPublicKey(KeyHandle key, Span<byte> bytes, ref nuint length);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_CTX_new")]
    public static partial DeriveHandle NewContext(KeyHandle key, nint engine);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_derive_init")]
    public static partial int DeriveInit(DeriveHandle context);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_derive_set_peer")]
    public static partial int SetPeer(DeriveHandle context, KeyHandle peer);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_derive")]
    public static partial int Derive(DeriveHandle context, Span<byte> secret, ref nuint length);

    [LibraryImport(Name, EntryPoint = "ERR_clear_error")]
    public static partial void ClearErrors();

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Name, EntryPoint = "EVP_PKEY_CTX_free")]
    private static partial void FreeContext(nint context);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Name) return 0;
        foreach (var file in (string[])["libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll"])
            if (NativeLibrary.TryLoad(file, assembly, path, out var library)) return library;
        throw new DllNotFoundException(
            "OpenSSL 3 is needed and its library was not found (libcrypto.so.3 on Linux: install the package libssl3; "
            + "libcrypto.3.dylib on macOS: openssl@3; libcrypto-3-x64.dll on Windows).");
    }

    /// <summary>An EVP_PKEY. Safe to use from several threads at once.</summary>
    internal sealed class KeyHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            FreeKey(handle);
            return true;
        }
    }

    /// <summary>An EVP_PKEY_CTX, for one use on one thread.</summary>
    internal sealed class DeriveHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            FreeContext(handle);
            return true;
        }
    }
}
