namespace PluginNode.Identity;

/// <summary>
/// Signs the static keys of Noise handshakes. What keeps these bare signatures apart from all others of this key: the
/// text begins with words of its own and a colon, which neither a domain tag (<c>pluginnode/…</c>), a vote
/// (<c>attestation:…</c>) nor a text of <see cref="NaraSigner"/> does, whose name has no colon; and it has 56 bytes,
/// which no hash has.
/// </summary>
/// <param name="identity">The node's key.</param>
public sealed class NoiseSigner(NodeIdentity identity) : INoiseSigner
{
    private const int KeyBytes = 32;

    /// <inheritdoc/>
    public PeerId Self => identity.Self;

    // libp2p/specs, noise, Static Key Authentication
    private static ReadOnlySpan<byte> Tag => "noise-libp2p-static-key:"u8;

    /// <inheritdoc/>
    public void SignStaticKey(ReadOnlySpan<byte> staticKey, Span<byte> signature)
    {
        if (staticKey.Length != KeyBytes)
            throw new ArgumentException(
                $"An X25519 public key has {KeyBytes} bytes, not {staticKey.Length}.", nameof(staticKey));
        identity.SignUntagged([.. Tag, .. staticKey], signature);
    }

    /// <inheritdoc/>
    public bool VerifyStaticKey(PeerId signer, ReadOnlySpan<byte> staticKey, ReadOnlySpan<byte> signature) =>
        staticKey.Length == KeyBytes && Ed25519.Verify(signer, [.. Tag, .. staticKey], signature);
}
