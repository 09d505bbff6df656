using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Identify;
using PluginNode.Libp2p.Negotiation;
using PluginNode.Libp2p.Noise;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hosting;

/// <summary>An authenticated connection with a peer. All members may be called from any thread.</summary>
public sealed class Connection
{
    private readonly YamuxSession _session;
    private readonly TimeProvider _time;
    private long? _idleSince;

    internal Connection(
        NoiseStream stream, PeerId peer, Multiaddr remote, bool isInbound, HostOptions options, TimeProvider time,
        Action<Connection, YamuxStream> accept, UnreadRoom room)
    {
        (Peer, RemoteAddress, IsInbound, _time) = (peer, remote, isInbound, time);
        _session = new YamuxSession(stream, !isInbound, options.Streams, time, s => accept(this, s))
        {
            Room = room,
        };
    }

    /// <summary>Who is at the other end; proved.</summary>
    public PeerId Peer { get; }

    /// <summary>Where it is. On an inbound connection the port is one that nobody listens on.</summary>
    public Multiaddr RemoteAddress { get; }

    /// <summary>Whether the peer made it.</summary>
    public bool IsInbound { get; }

    /// <summary>What the peer says of itself, once it did.</summary>
    public IdentifyInfo? Identified { get; internal set; }

    /// <summary>From a ping on the connection to its answer; zero before the first.</summary>
    public TimeSpan RoundTrip => _session.RoundTrip;

    /// <summary>Streams that are open, of both sides.</summary>
    public int StreamCount => _session.StreamCount;

    /// <summary>Bytes that came in and nobody has read yet.</summary>
    public long UnreadBytes => _session.Buffered;

    /// <summary>Completes when the connection has ended, with why; never fails.</summary>
    public Task<Libp2pException> Completion => _session.Completion;

    /// <summary>Whether it is of use for anything new.</summary>
    internal bool TakesStreams => _session.TakesStreams;

    /// <summary>Since when another one is used in its place.</summary>
    internal long? Retired { get; set; }

    /// <summary>Ping streams that the peer has open.</summary>
    internal int InboundPings;

    /// <summary>Streams that the peer has opened and whose handlers have not ended.</summary>
    internal int Served;

    /// <summary>Of those, the ones for other protocols than identify and ping.</summary>
    internal int Working;

    /// <summary>
    /// Opens a stream for a protocol and does not wait for the remote to agree: it learns of the stream with the first
    /// write, and where it does not speak the protocol the first read fails.
    /// </summary>
    /// <exception cref="Libp2pException">The connection has ended or has too many streams.</exception>
    public async Task<ProtocolStream> OpenStreamAsync(string protocol, CancellationToken cancellation)
    {
        var stream = await _session.OpenAsync(cancellation);
        try
        {
            await Multistream.ProposeAsync(stream, protocol, cancellation);
            return new ProtocolStream(this, stream, protocol, isProposed: true);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a stream for the first of several protocols that the remote speaks, and waits for its
    /// answer.</summary>
    /// <exception cref="Libp2pException">It speaks none, or the connection has ended or has too many
    /// streams.</exception>
    public async Task<ProtocolStream> OpenStreamAsync(IReadOnlyList<string> protocols, CancellationToken cancellation)
    {
        var stream = await _session.OpenAsync(cancellation);
        try
        {
            var protocol = await Multistream.SelectAsync(stream, protocols, cancellation);
            return new ProtocolStream(this, stream, protocol, isProposed: false);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells the peer that all is done, and ends the connection with all its streams.</summary>
    public Task CloseAsync() => _session.CloseAsync().AsTask();

    /// <inheritdoc/>
    public override string ToString() => $"{Peer} at {RemoteAddress}";

    internal void Start() => _session.Start();

    /// <summary>Ends it unless the peer gives a sign of life within that time.</summary>
    internal void Probe(TimeSpan within) => _session.Probe(within);

    /// <summary>Called now and then: how long it has had no streams, as far as these calls saw. Those that a stranger
    /// has open count only while they are served, and not for identify and ping.</summary>
    internal TimeSpan IdleFor(bool isKnown)
    {
        var streams = isKnown ? StreamCount : _session.OwnStreamCount + Volatile.Read(ref Working);
        if (streams > 0) _idleSince = null;
        else _idleSince ??= _time.GetTimestamp();
        return _idleSince is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero;
    }
}
