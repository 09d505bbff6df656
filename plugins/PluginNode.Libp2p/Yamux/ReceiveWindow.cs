namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// How much the remote may send on a stream, and when it is told of more. At every moment
/// <code>granted and not sent + sent and not read &lt;= Size</code>
/// where a frame counts as sent from its header on, though most of it may still be under way: a reader that is ahead of
/// it does not get the remote a second window. The window is doubled whenever half of it was used up within four round
/// trips: then it is what holds the remote up, so that it ends at about the product of bandwidth and delay. Guarded by
/// the session's lock.
/// </summary>
internal sealed class ReceiveWindow(TimeProvider time)
{
    private const int RoundTrips = 4;

    private long _updated = time.GetTimestamp();

    /// <summary>Bytes that may be granted, under way or unread at once; more than that never lie unread.</summary>
    public int Size { get; private set; } = YamuxOptions.FirstWindow;

    /// <summary>Bytes that the remote may still send.</summary>
    public int Left { get; private set; } = YamuxOptions.FirstWindow;

    /// <summary>Bytes that are under way or lie unread.</summary>
    public int Unread { get; private set; }

    /// <summary>The remote sends this much, or has begun to; false where it may not.</summary>
    public bool TryUse(uint count)
    {
        if (count > Left) return false;
        Left -= (int)count;
        Unread += (int)count;
        return true;
    }

    /// <summary>Called when something was read: by how much the remote's window is to be opened now, or 0.</summary>
    /// <param name="count">Bytes that were read.</param>
    /// <param name="roundTrip">The connection's; zero where it is not known yet.</param>
    /// <param name="mostSize">Limit of <see cref="Size"/>.</param>
    public int Open(int count, TimeSpan roundTrip, long mostSize)
    {
        Unread -= count;
        if (Size - Left - Unread < Size / 2) return 0;
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(_updated, now) < RoundTrips * roundTrip && 2L * Size <= mostSize) Size *= 2;
        var delta = Size - Left - Unread;
        (Left, _updated) = (Left + delta, now);
        return delta;
    }
}
