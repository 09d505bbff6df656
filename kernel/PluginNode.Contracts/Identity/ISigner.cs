namespace PluginNode.Identity;

/// <summary>
/// Signs as this node and checks what others signed, with Ed25519 (RFC 8032). A plugin gets this and never the
/// private key. Callable from any number of threads at once; no call waits for input or output.
/// </summary>
public interface ISigner
{
    /// <summary>Bytes of a signature.</summary>
    const int SignatureBytes = 64;

    /// <summary>This node.</summary>
    PeerId Self { get; }

    /// <summary>
    /// Signs <c>pluginnode/&lt;use&gt;/1\0</c> followed by <paramref name="message"/>. The domain tag keeps a signature
    /// that was made for one use from being accepted for another.
    /// </summary>
    /// <param name="use">What the signature is for, <c>[a-z0-9-]</c>, e.g. <c>mesh-request</c>. <c>frame</c> is the
    /// kernel's.</param>
    /// <param name="message">The bytes to sign; not kept.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">The use is not of that form or is the kernel's, or there is no room for 64
    /// bytes.</exception>
    void Sign(string use, ReadOnlySpan<byte> message, Span<byte> signature);

    /// <summary>Whether <paramref name="signer"/> signed exactly this message for exactly this use. Anything malformed,
    /// a key that is no point on the curve included, is false and never an exception.</summary>
    bool Verify(PeerId signer, string use, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
