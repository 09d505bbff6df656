using System.Diagnostics;
using System.Security.Cryptography;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>What ChaCha20-Poly1305 alone allows on two cores: one encrypts what goes out, another one decrypts what
/// comes in, at the same time, and the slower one counts.</summary>
internal static class CipherLimit
{
    private const int TagBytes = 16;

    /// <param name="call">How long, and in <see cref="EndCall.Window"/> how many bytes a text has.</param>
    public static async Task<EndAnswer> MeasureAsync(EndCall call)
    {
        var counts = await Task.WhenAll(
            Task.Run(() => Run(call, encrypts: true)), Task.Run(() => Run(call, encrypts: false)));
        return new EndAnswer { Count = counts.Min(), Seconds = call.Seconds };
    }

    private static double Run(EndCall call, bool encrypts)
    {
        using var cipher = new ChaCha20Poly1305(new byte[32]);
        var (text, sealedText, nonce) = (new byte[call.Window], new byte[call.Window], new byte[12]);
        var tag = new byte[TagBytes];
        cipher.Encrypt(nonce, text, sealedText, tag);
        var clock = Stopwatch.StartNew();
        var count = 0L;
        for (; clock.Elapsed.TotalSeconds < call.Seconds; count++)
        {
            if (encrypts) cipher.Encrypt(nonce, text, sealedText, tag);
            else cipher.Decrypt(nonce, sealedText, tag, text);
        }
        return count * call.Seconds / clock.Elapsed.TotalSeconds;
    }
}
