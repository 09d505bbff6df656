namespace PluginNode.Identity;

/// <summary>
/// Signs the static keys of Noise handshakes with this node's own key, and checks those of others (libp2p/specs, noise,
/// Static Key Authentication). Handed to plugins beside <see cref="ISigner"/>, whose signatures carry a domain tag that
/// no other program knows. What is signed is <c>noise-libp2p-static-key:</c> and the 32 bytes of the key: a plugin has
/// no say in the bytes before them, so that this passes for nothing else that the key signs.
/// <para>Callable from any number of threads at once; no call waits for input or output.</para>
/// </summary>
public interface INoiseSigner
{
    /// <summary>This node.</summary>
    PeerId Self { get; }

    /// <summary>Signs a static key.</summary>
    /// <param name="staticKey">The 32 bytes of an X25519 public key.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">The key has not 32 bytes, or there is no room for 64.</exception>
    void SignStaticKey(ReadOnlySpan<byte> staticKey, Span<byte> signature);

    /// <summary>Whether somebody's key signed exactly this static key. Anything malformed is false and never an
    /// exception.</summary>
    bool VerifyStaticKey(PeerId signer, ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> signature);
}
