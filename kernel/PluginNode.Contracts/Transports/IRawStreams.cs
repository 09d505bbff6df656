using PluginNode.Identity;

namespace PluginNode.Transports;

/// <summary>
/// Extra ability of a transport: streams of protocols that are not the node's own, so that programs that know nothing
/// of frames can be sent to and listened to. A raw message is its payload and nothing else: no id, level, key,
/// attributes or signature go with it, and so nobody can tell a repetition.
/// </summary>
public interface IRawStreams
{
    /// <summary>Whether envelopes with this protocol go raw over this transport, instead of as frames. Called from many
    /// threads at once and often. The same answer after the start.</summary>
    bool IsRaw(string protocol);

    /// <summary>
    /// Sends one message on a stream of its own, finishes writing, and waits until the peer closes it. Called from many
    /// threads at once, for different peers and also for one peer. Never throws for what the network or the peer does.
    /// </summary>
    /// <param name="peer">Who must be at the other end; proved before anything is sent.</param>
    /// <param name="address">One of its addresses, of this transport's scheme.</param>
    /// <param name="message">The message; its payload is valid until the task completes.</param>
    /// <param name="cancellation">Gives up waiting: <see cref="SendStatus.Retry"/>. What was already sent may still be
    /// taken.</param>
    /// <returns><see cref="SendStatus.Sent"/> when the peer closed the stream cleanly after all of it was written, else
    /// <see cref="SendStatus.Retry"/> with why. Sending it again may bring it twice: the wire has no id.</returns>
    Task<SendOutcome> SendRawAsync(
        PeerId peer, PeerAddress address, RawMessage message, CancellationToken cancellation);
}

/// <summary>Extra ability of what a transport is started with: it takes raw messages. Where it has not, they are
/// turned away.</summary>
public interface IRawStreamHost
{
    /// <summary>
    /// Takes one message from an authenticated peer and says what came of it once that is durable. May be called from
    /// any thread, and by several streams at once; messages of one peer are put in the inbox in the order of the calls.
    /// </summary>
    /// <param name="from">Who is at the other end.</param>
    /// <param name="protocol">The stream's protocol: 1 to 255 characters, else it is refused.</param>
    /// <param name="payload">All that the peer wrote until it finished. The transport's again when the task
    /// completes.</param>
    /// <param name="cancellation">Not awaited any more; it may be taken all the same.</param>
    /// <returns><see cref="SendStatus.Delivered"/> when it is on stable storage. <see cref="SendStatus.Retry"/>
    /// (unknown sender, no room, stopping, a disk that fails) and <see cref="SendStatus.Refused"/> (never here: too
    /// large), each with why: it was not taken, and the stream is to be reset. The id is the inbox message's.</returns>
    Task<SendOutcome> ReceiveRawAsync(
        PeerId from, string protocol, ReadOnlyMemory<byte> payload, CancellationToken cancellation);
}

/// <summary>A message for a stream of its own.</summary>
/// <param name="Id">The envelope's id, for the outcome; it does not go out.</param>
/// <param name="Protocol">The protocol that the stream is opened for.</param>
/// <param name="Payload">What is written.</param>
public readonly record struct RawMessage(Guid Id, string Protocol, ReadOnlyMemory<byte> Payload);
