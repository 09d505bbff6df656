namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// One stream of a session. One read and one write may be under way at a time; everything else may come from any
/// thread.
/// <code>
/// open ── CloseWriteAsync ──→ half closed (local) ──┐
///   │                                               ├──→ closed (both have finished)
///   └──── remote finishes ──→ half closed (remote) ─┘
/// any ──── Reset, remote resets, connection ends ──→ failed
/// </code>
/// A stream that is left alone uses no buffers.
/// </summary>
internal sealed class YamuxStream : DuplexStream
{
    private readonly YamuxSession _session;

    internal YamuxStream(YamuxSession session, bool inbound, TimeProvider time)
    {
        (_session, IsInbound, Window) = (session, inbound, new ReceiveWindow(time));
        PendingFlags = inbound ? YamuxFlags.Ack : YamuxFlags.Syn;
    }

    /// <summary>Whether the remote opened it.</summary>
    public bool IsInbound { get; }

    // What follows is guarded by the session's lock.

    /// <summary>0 until its first frame is on its way.</summary>
    internal uint Id { get; set; }
    internal YamuxFlags PendingFlags { get; set; }
    internal bool IsAcknowledged { get; set; }
    internal bool HasFinished { get; set; }
    internal bool RemoteFinished { get; set; }
    internal bool WaitsForRoom { get; set; }

    /// <summary>Whether it is in the line of those who wait for room, be it that it does not wait any more.</summary>
    internal bool StandsInLine { get; set; }
    internal Libp2pException? Error { get; set; }

    /// <summary>When it was disposed of with the remote not done yet.</summary>
    internal long? LingersSince { get; set; }

    /// <summary>Bytes that this side may send.</summary>
    internal long Credit { get; set; } = YamuxOptions.FirstWindow;
    internal ReceiveWindow Window { get; }

    internal ReceiveBuffer Received { get; } = new();
    internal AsyncSignal MayWrite { get; } = new();

    /// <inheritdoc/>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (Received.TryRead(buffer.Span) is { } count)
            {
                if (count > 0) _session.WasRead(this, count);
                return count;
            }
            _session.Announce(this); // nobody answers a stream that he does not know of
            await Received.ChangedAsync(cancellationToken);
        }
    }

    /// <summary>Writes all of it into the session's queue, and waits while the remote's window or the queue is
    /// full. What a cancelled write has already queued is sent.</summary>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    /// <exception cref="InvalidOperationException">It was closed for writing.</exception>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            // all frames that there is room for before the first is sent: they go out with one write
            var before = buffer.Length;
            int count;
            do
            {
                count = _session.TryQueue(this, buffer.Span);
                buffer = buffer[count..];
            }
            while (count > 0 && !buffer.IsEmpty);
            if (buffer.Length < before) _session.Flush();
            else await WaitForRoomAsync(cancellationToken);
        }
    }

    /// <summary>Finishes writing; the remote reads to the end of what was written. Reading goes on. Again: does
    /// nothing.</summary>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    public void CloseWrite()
    {
        _session.Finish(this);
        _session.Flush();
    }

    /// <summary>Ends the stream at once, for both sides. What is on its way is lost. Does nothing where it has
    /// ended.</summary>
    public void Reset(string reason = "The stream was reset by this side.")
    {
        _session.Reset(this, new Libp2pException(Libp2pFault.Reset, reason));
        _session.Flush();
    }

    /// <summary>Lets go of it. One that was not written to its end is reset; what comes in on one that was is
    /// dropped until the remote ends, or for as long as <see cref="YamuxOptions.Linger"/> says.</summary>
    public override ValueTask DisposeAsync()
    {
        _session.Release(this);
        _session.Flush();
        return default;
    }

    private async ValueTask WaitForRoomAsync(CancellationToken cancellation)
    {
        try
        {
            await MayWrite.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            _session.PassOn(this);
            throw;
        }
    }
}
