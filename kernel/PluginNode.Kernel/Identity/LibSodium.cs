using System.Runtime.InteropServices;

namespace PluginNode.Identity;

/// <summary>
/// Checks Ed25519 signatures with libsodium where it is installed (Debian: libsodium23): it takes less than half the
/// time that libcrypto needs. Callable from any thread.
/// </summary>
internal static unsafe class LibSodium
{
    private static readonly delegate* unmanaged<byte*, byte*, ulong, byte*, int> Check;

    static LibSodium()
    {
        foreach (var file in (string[])["libsodium.so.23", "libsodium.26.dylib", "libsodium.23.dylib", "libsodium.dll"])
        {
            if (!NativeLibrary.TryLoad(file, typeof(LibSodium).Assembly, null, out var library)) continue;
            if (!NativeLibrary.TryGetExport(library, "sodium_init", out var init)
                || !NativeLibrary.TryGetExport(library, "sodium_version_string", out var version)
                || !NativeLibrary.TryGetExport(library, "crypto_sign_ed25519_verify_detached", out var check)
                || ((delegate* unmanaged<int>)init)() < 0)
            {
                NativeLibrary.Free(library);
                continue;
            }
            Check = (delegate* unmanaged<byte*, byte*, ulong, byte*, int>)check;
            Name = $"libsodium {Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)version)())}";
            return;
        }
    }

    /// <summary>What is at work, with its version; null where it is not installed.</summary>
    public static string? Name { get; }

    /// <summary>Whether the signature holds; only where it is installed.</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="text">What was signed.</param>
    /// <param name="signature">64 bytes.</param>
    public static bool Verify(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        fixed (byte* k = key, t = text, s = signature)
            return Check(s, t, (ulong)text.Length, k) == 0;
    }
}
