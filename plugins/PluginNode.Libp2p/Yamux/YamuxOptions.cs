namespace PluginNode.Libp2p.Yamux;

/// <summary>The limits of one connection's streams.</summary>
public sealed record YamuxOptions
{
    /// <summary>Bytes that a stream may receive at first, by the specification.</summary>
    public const int FirstWindow = 256 * 1024;

    /// <summary>Streams that the remote may have open; further ones are reset. Default 1 024.</summary>
    public int MostInboundStreams { get; init; } = 1024;

    /// <summary>Streams that this side may have open. Default 4 096.</summary>
    public int MostOutboundStreams { get; init; } = 4096;

    /// <summary>Streams that this side opens before the remote has taken them; opening waits then. Default 256, as the
    /// specification advises.</summary>
    public int MostUnacknowledged { get; init; } = 256;

    /// <summary>Bytes to which the window of one stream grows; at least 256 KiB. Default 16 MiB.</summary>
    public int MostWindow { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes that all streams hold unread; the stream that would hold more is reset. Windows grow by half of
    /// it in all. Default 64 MiB.</summary>
    public long MostBuffered { get; init; } = 64 * 1024 * 1024;

    /// <summary>How often the remote is asked whether it is there. It has until the next time to answer, and longer
    /// while anything else comes from it. Default 15 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a stream that was written to its end and disposed of waits for the remote's end before it is
    /// reset, counted in whole <see cref="KeepAlive"/>s. Default 30 s.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(30);
}
