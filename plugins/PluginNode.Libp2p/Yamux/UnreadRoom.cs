namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// Bounds what several connections hold unread in all. One may hold as much as is free, so that each that comes finds
/// some, however many have taken theirs. All members may be called from any thread.
/// </summary>
/// <param name="most">Bytes of all together.</param>
internal sealed class UnreadRoom(long most)
{
    private long _used;

    /// <summary>Bytes that are held.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Counts what a connection holds more, or less where it is negative.</summary>
    public void Add(int bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Whether a connection holds more than its part.</summary>
    /// <param name="held">Bytes that it holds and has counted.</param>
    public bool IsTooMuch(long held) => held > most - Used;
}
