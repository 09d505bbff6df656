using PluginNode.Identity;

namespace PluginNode.Libp2p.Noise;

/// <summary>
/// Signs the static keys of Noise handshakes with this node's own key, and checks those of others (libp2p/specs, noise,
/// Static Key Authentication). What is signed is <c>noise-libp2p-static-key:</c> and the 32 bytes of the key: it names
/// no bytes of the caller's choice but those, and begins with no tag of another use.
/// <para>Callable from any number of threads at once; no call waits for input or output.</para>
/// </summary>
public interface INoiseIdentity
{
    /// <summary>This node.</summary>
    PeerId Self { get; }

    /// <summary>Signs a static key.</summary>
    /// <param name="staticKey">The 32 bytes of an X25519 public key.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">One of them is not of that length.</exception>
    void SignStaticKey(ReadOnlySpan<byte> staticKey, Span<byte> signature);

    /// <summary>Whether somebody's key signed exactly this static key. Anything malformed is false and never an
    /// exception.</summary>
    bool VerifyStaticKey(PeerId signer, ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> signature);
}
