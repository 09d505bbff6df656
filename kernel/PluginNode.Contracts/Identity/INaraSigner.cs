using PluginNode.Events;

namespace PluginNode.Identity;

/// <summary>
/// Signs what the nara network has on its HTTP wire. Handed to plugins beside <see cref="ISigner"/>, whose signatures
/// carry a domain tag, while those of that network are over bare bytes: were a plugin given any bytes signed, it could
/// have events, votes and frames signed in this node's name. So it names parts and never bytes, the node's own name
/// stands first, and none of the three shapes can pass for another one or for anything else that this key signs.
/// <para>Callable from any number of threads at once; no call waits for input or output.</para>
/// </summary>
public interface INaraSigner
{
    /// <summary>The name that this node has in that network, and on its wire.</summary>
    string Name { get; }

    /// <summary>Signs <c>name ‖ milliseconds ‖ METHOD ‖ path</c>, the headers of a request.</summary>
    /// <param name="milliseconds">Since 1970, UTC; not negative.</param>
    /// <param name="method"><c>GET</c> or <c>POST</c>.</param>
    /// <param name="path">Begins with <c>/</c>; at most 128 characters of <c>[a-z0-9/._-]</c>, without the
    /// query.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">One of them is not of that form.</exception>
    void SignRequest(long milliseconds, string method, string path, Span<byte> signature);

    /// <summary>Signs <c>name ‖ milliseconds ‖ base64(digest)</c>, the headers of a response.</summary>
    /// <param name="milliseconds">Since 1970, UTC; not negative.</param>
    /// <param name="digest">The 32 bytes of the SHA-256 of the body, before any compression.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">One of them is not of that form.</exception>
    void SignResponse(long milliseconds, ReadOnlySpan<byte> digest, Span<byte> signature);

    /// <summary>Signs the SHA-256 of <c>name:seconds:</c> and the ids without anything between them, the body of a
    /// response with events. An event's own hash is over a text with two more colons at least, which no id
    /// has.</summary>
    /// <param name="seconds">Since 1970, UTC; not negative.</param>
    /// <param name="ids">Of the events, in their order.</param>
    /// <param name="signature">Receives 64 bytes.</param>
    /// <exception cref="ArgumentException">One of them is not of that form.</exception>
    void SignEvents(long seconds, ReadOnlySpan<EventId> ids, Span<byte> signature);

    /// <summary>Whether somebody's key signed exactly these bytes, without a tag. Anything malformed is false and never
    /// an exception.</summary>
    bool Verify(PeerId signer, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}
