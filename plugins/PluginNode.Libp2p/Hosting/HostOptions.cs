using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Limits and time-outs of a <see cref="Libp2pHost"/>.</summary>
public sealed record HostOptions
{
    /// <summary>Addresses that peers are told of, instead of those that are listened on. Default: none.</summary>
    public IReadOnlyList<Multiaddr> Announce { get; init; } = [];

    /// <summary>What identify says that this is. Default <c>pluginnode</c>.</summary>
    public string Agent { get; init; } = "pluginnode";

    /// <summary>How long a dial may take, from the name to the multiplexer, over all addresses. Default 10 s.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one address has before the next one is tried beside it (RFC 8305). Default 250 ms.</summary>
    public TimeSpan DialStagger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long who connects has until it has proved who it is and speaks yamux. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a stream's protocol may be negotiated. Default 10 s.</summary>
    public TimeSpan NegotiationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection without streams is kept; streams of identify and ping do not keep one that a
    /// stranger has made. Default 5 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Connections that are taken; a further one is closed after its handshake, or the oldest of a stranger
    /// is, where it is a known peer's (<see cref="Libp2pHost.IsKnown"/>). Default 256.</summary>
    public int MostInbound { get; init; } = 256;

    /// <summary>Of those, from one IPv4 address or one IPv6 network of 64 bits; and as many handshakes. Default
    /// 64.</summary>
    public int MostInboundPerAddress { get; init; } = 64;

    /// <summary>Beside those, with a handshake that is not done; for a further one a slow one makes room. Default
    /// 64.</summary>
    public int MostHandshakes { get; init; } = 64;

    /// <summary>Connections with one peer; the oldest goes when there is one more. One is used, the others are
    /// running out. Default 4.</summary>
    public int MostPerPeer { get; init; } = 4;

    /// <summary>Bytes that all connections together hold unread. One may hold as much as is still free; its stream
    /// that would hold more is reset. Default 128 MiB.</summary>
    public long MostUnread { get; init; } = 128 * 1024 * 1024;

    /// <summary>Limits of the streams of a connection.</summary>
    public YamuxOptions Streams { get; init; } = new();
}
