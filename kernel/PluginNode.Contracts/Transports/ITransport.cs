using PluginNode.Identity;

namespace PluginNode.Transports;

/// <summary>
/// Moves frames between peers over one scheme.
/// <para>Life: constructed (no I/O) → <see cref="StartAsync"/> once → sends and receives → <see cref="StopAsync"/>
/// once. Stopping one that never started, or whose start failed, does nothing.</para>
/// </summary>
public interface ITransport
{
    /// <summary>The scheme of the addresses that it takes, as <see cref="PeerAddress.Scheme"/> has it.
    /// Constant.</summary>
    string Scheme { get; }

    /// <summary>The largest frame it moves, in bytes. Constant after the start.</summary>
    int MaxFrameBytes { get; }

    /// <summary>Begins to listen, and hands over whatever arrives to <paramref name="host"/> until stopped.</summary>
    /// <exception cref="TransportException">It cannot start; the message names the setting and what to do. Nothing is
    /// left behind.</exception>
    Task StartAsync(ITransportHost host, CancellationToken cancellation);

    /// <summary>
    /// Sends frames, in order, to one address and waits for what came of each. Called from many threads at once, for
    /// different peers and also for one peer. Never throws for what the network or the peer does: a frame without an
    /// outcome counts as <see cref="SendStatus.Retry"/>, also when cancelled, and sending it again is always safe.
    /// </summary>
    /// <param name="peer">Who must be at the other end; proved before an outcome other than <i>retry</i> is
    /// told.</param>
    /// <param name="address">One of its addresses, of this transport's scheme.</param>
    /// <param name="frames">At least one, each no larger than <see cref="MaxFrameBytes"/>.</param>
    /// <param name="cancellation">Gives up waiting. What was already sent may still arrive.</param>
    Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation);

    /// <summary>Ends listening, lets what is being received finish until <paramref name="cancellation"/>, and frees
    /// everything. After it completes no call to the host is made.</summary>
    Task StopAsync(CancellationToken cancellation);
}

/// <summary>What a transport hands arrivals to. All members may be called from any thread.</summary>
public interface ITransportHost
{
    /// <summary>
    /// Takes a batch of frames from an authenticated peer, in the order in which it sent them, and says what came of
    /// each once that is durable. The buffers are the transport's again when the task completes. The host bounds its
    /// own memory: a transport may have one call under way for each connection.
    /// </summary>
    /// <returns>One outcome for each frame, in order. A frame that could not be decoded has an empty id.</returns>
    Task<IReadOnlyList<SendOutcome>> ReceiveAsync(
        PeerId from, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellation);

    /// <summary>
    /// Tells that something authenticated has just arrived from a peer: its lanes are woken at once. Called by the
    /// transport for each authenticated request or response.
    /// </summary>
    /// <param name="peer">Who was heard.</param>
    /// <param name="itsTime">The time that it signed, if it did: a second opinion on this node's clock.</param>
    void Heard(PeerId peer, DateTimeOffset? itsTime);
}

/// <summary>Extra ability of a transport: it knows when a peer comes and goes.</summary>
public interface IPeerEvents
{
    /// <summary>Called once, before the start. The transport calls <paramref name="changed"/> from any thread: true
    /// when the peer is up (its lanes are woken at once), false when it went away (a hint only).</summary>
    void OnPeerChanged(Action<PeerId, bool> changed);
}

/// <summary>A transport cannot start or do what its settings ask.</summary>
public sealed class TransportException(string message, Exception? inner = null) : Exception(message, inner);
