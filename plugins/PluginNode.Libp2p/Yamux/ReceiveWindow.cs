namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// How much the remote may send on a stream, and when it is told of more. The window is doubled whenever half of it was
/// used up within four round trips: then it is what holds the remote up, so that it ends at about the product of
/// bandwidth and delay. Guarded by the session's lock.
/// </summary>
internal sealed class ReceiveWindow(TimeProvider time)
{
    private const int RoundTrips = 4;

    private long _updated = time.GetTimestamp();

    /// <summary>Bytes that may be on their way or unread at once.</summary>
    public int Size { get; private set; } = YamuxOptions.FirstWindow;

    /// <summary>Bytes that the remote may still send.</summary>
    public int Left { get; private set; } = YamuxOptions.FirstWindow;

    /// <summary>The remote sends this much; false where it may not.</summary>
    public bool TryUse(uint count)
    {
        if (count > Left) return false;
        Left -= (int)count;
        return true;
    }

    /// <summary>Called when something was read: by how much the remote's window is to be opened now, or 0.</summary>
    /// <param name="unread">Bytes that lie unread.</param>
    /// <param name="roundTrip">The connection's; zero where it is not known yet.</param>
    /// <param name="mostSize">Limit of <see cref="Size"/>.</param>
    public int Open(int unread, TimeSpan roundTrip, long mostSize)
    {
        if (Size - Left - unread < Size / 2) return 0;
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_updated, now) < RoundTrips * roundTrip && 2L * Size <= mostSize) Size *= 2;
        var delta = Size - Left - unread;
        (Left, _updated) = (Left + delta, now);
        return delta;
    }
}
