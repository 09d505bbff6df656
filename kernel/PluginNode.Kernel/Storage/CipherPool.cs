using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace PluginNode.Storage;

/// <summary>AES-256-GCM under one key, from any thread: an <see cref="AesGcm"/> serves one caller at a time.</summary>
internal sealed class CipherPool(byte[] key) : IDisposable
{
    private readonly ConcurrentBag<AesGcm> _free = [];

    public void Encrypt(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> cipher, Span<byte> tag, ReadOnlySpan<byte> associated)
    {
        var aes = Take();
        aes.Encrypt(nonce, plain, cipher, tag, associated);
        _free.Add(aes);
    }

    public bool TryDecrypt(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> tag, Span<byte> plain,
        ReadOnlySpan<byte> associated)
    {
        var aes = Take();
        try
        {
            aes.Decrypt(nonce, cipher, tag, plain, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            _free.Add(aes);
        }
    }

    public void Dispose()
    {
        while (_free.TryTake(out var aes)) aes.Dispose();
        CryptographicOperations.ZeroMemory(key);
    }

    private AesGcm Take() => _free.TryTake(out var aes) ? aes : new AesGcm(key, 16);
}
