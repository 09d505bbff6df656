using System.Text.Json.Serialization;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Identify;
using PluginNode.Libp2p.Ping;
using PluginNode.Libp2p.Requests;
using PluginNode.Libp2p.Yamux;
using RawList = PluginNode.Libp2p.Raw.RawProtocols;

namespace PluginNode.Libp2p;

/// <summary>The settings of the plugin, <c>plugins.settings.libp2p</c>.</summary>
public sealed record Libp2pOptions
{
    private const int MostAddresses = 16;

    private static readonly string[] OwnProtocols =
        [FrameWire.Protocol, RequestWire.Protocol, IdentifyProtocol.Identify, IdentifyProtocol.Push, PingProtocol.Id];

    // Settable, not init-only: generated deserialization sets every init-only property, so that defaults would be lost.

    /// <summary>Where to listen: up to 16 addresses <c>/ip4/&lt;address&gt;/tcp/&lt;port&gt;</c> or <c>/ip6/…</c>;
    /// port 0 takes a free one. Empty, the default: this node only dials, and its connections are used both
    /// ways.</summary>
    public IReadOnlyList<string> Listen { get; set; } = [];

    /// <summary>What other programs are told of, instead of what is listened on: up to 16 addresses, names too.
    /// Default: none.</summary>
    public IReadOnlyList<string> Announce { get; set; } = [];

    /// <summary>Protocols of raw streams: up to 64 ids, or beginnings of ids that end in a slash, e.g.
    /// <c>/opencloud/</c>; none may take in a protocol of this node's own. Default: none.</summary>
    public IReadOnlyList<string> RawProtocols { get; set; } = [];

    /// <summary>The largest raw message that is taken, in bytes, 1 024 to 1 073 741 824; the stream of a larger one is
    /// reset.</summary>
    public int MaxRawBytes { get; set; } = 16 << 20;

    /// <summary>The largest batch of frames that is sent and taken, in bytes, 4 096 to 1 073 741 824. For a peer that
    /// takes less, batches are cut smaller; a single frame that is larger is refused.</summary>
    public int MaxBatchBytes { get; set; } = 24 << 20;

    /// <summary>The largest request that is sent and taken, in bytes, 1 024 to 1 073 741 824.</summary>
    public int MaxRequestBytes { get; set; } = 2 << 20;

    /// <summary>The largest answer to a request that is taken and given, in bytes, 1 024 to 268 435 456. Answers on
    /// their way out hold eight times that at most, those to one peer twice.</summary>
    public int MaxAnswerBytes { get; set; } = 16 << 20;

    /// <summary>Connections taken at once, 1 to 65 535. For a further one of a peer of the peer list the oldest of a
    /// stranger is closed, so it gets in unless all are such peers'; a further stranger is turned away.</summary>
    public int MaxConnections { get; set; } = 256;

    /// <summary>Of those, from one IPv4 address or one IPv6 network of 64 bits, 1 to 65 535, in the same way.</summary>
    public int MaxConnectionsPerAddress { get; set; } = 64;

    /// <summary>Beside those, with a handshake that is not done, 1 to 65 535; for a further one a slow one is
    /// closed.</summary>
    public int MaxHandshakes { get; set; } = 64;

    /// <summary>Streams that the other end of a connection may have open, 16 to 65 535; a further one is
    /// reset.</summary>
    public int MaxStreams { get; set; } = 1024;

    /// <summary>How long one batch may take until its outcomes are known, connecting included, <c>100ms</c> to
    /// <c>50s</c>, besides a second for each 16 KiB of it. The kernel would leave a longer one behind.</summary>
    public string SendTimeout { get; set; } = "10s";

    /// <summary>How long a dial may take, from the name to the multiplexer, <c>100ms</c> to <c>50s</c>.</summary>
    public string DialTimeout { get; set; } = "5s";

    /// <summary>How long who connects has until it has proved who it is, <c>100ms</c> to <c>10m</c>.</summary>
    public string HandshakeTimeout { get; set; } = "10s";

    /// <summary>How long a connection that nothing is sent on is kept, <c>1s</c> to <c>24h</c>: so long without frames
    /// the stream for them is finished, and so long without streams the connection is closed; where it is not a listed
    /// peer's, streams of identify and ping do not count.</summary>
    public string IdleTimeout { get; set; } = "5m";

    /// <summary>Whether peers are looked for on the networks that this machine is in, and this node can be found there
    /// (mDNS). Default: no.</summary>
    public bool Mdns { get; set; }

    /// <summary>Where mDNS is spoken; another one than 5353 for tests.</summary>
    internal int MdnsPort { get; init; } = 5353;

    internal TimeSpan SendLimit => Read(SendTimeout);

    internal TimeSpan IdleLimit => Read(IdleTimeout);

    internal IEnumerable<Multiaddr> ListenOn => Listen.Select(Multiaddr.Parse);

    /// <summary>Every problem, each a line that begins with the key.</summary>
    public IEnumerable<string> Validate() =>
        Addresses("listen", Listen, IsLocal, "/ip4/<address>/tcp/<port> or /ip6/<address>/tcp/<port>")
            .Concat(Addresses(
                "announce", Announce, a => a.Port > 0, "/ip4, /ip6, /dns4 or /dns6, then /<host>/tcp/<port>"))
            .Concat(Raw()).Concat(Numbers()).Concat(Times());

    internal HostOptions ToHostOptions() => new()
    {
        Announce = [.. Announce.Select(Multiaddr.Parse)],
        DialTimeout = Read(DialTimeout),
        HandshakeTimeout = Read(HandshakeTimeout),
        IdleTimeout = IdleLimit,
        MostInbound = MaxConnections,
        MostInboundPerAddress = MaxConnectionsPerAddress,
        MostHandshakes = MaxHandshakes,
        Streams = new YamuxOptions { MostInboundStreams = MaxStreams },
    };

    private static bool IsLocal(Multiaddr address) =>
        address.Kind is HostKind.Ip4 or HostKind.Ip6 && address.Peer is null;

    private static IEnumerable<string> Addresses(
        string key, IReadOnlyList<string>? addresses, Predicate<Multiaddr> fits, string shape)
    {
        if (addresses is null || addresses.Count > MostAddresses)
        {
            yield return $"{key}: needs a list of up to {MostAddresses} addresses";
            yield break;
        }
        for (var i = 0; i < addresses.Count; i++)
            if (!Multiaddr.TryParse(addresses[i], out var address) || !fits(address))
                yield return $"{key}[{i}]: needs an address {shape}";
    }

    private IEnumerable<string> Raw()
    {
        if (RawProtocols is null || RawProtocols.Count > RawList.MostEntries)
        {
            yield return $"rawProtocols: needs a list of up to {RawList.MostEntries} protocols";
            yield break;
        }
        for (var i = 0; i < RawProtocols.Count; i++)
        {
            if (!RawList.IsEntry(RawProtocols[i]))
                yield return $"rawProtocols[{i}]: needs a protocol's id, or its beginning that ends in a slash; "
                    + "2 to 255 characters, the first one a slash";
            else if (OwnProtocols.FirstOrDefault(new RawList([RawProtocols[i]]).Has) is { } own)
                yield return $"rawProtocols[{i}]: {own} is a protocol of this node's own";
        }
    }

    private IEnumerable<string> Numbers()
    {
        if (MaxBatchBytes is < FrameWire.LeastBatch or > 1 << 30)
            yield return "maxBatchBytes: needs 4096 to 1073741824";
        if (MaxRawBytes is < 1024 or > 1 << 30)
            yield return "maxRawBytes: needs 1024 to 1073741824";
        if (MaxRequestBytes is < 1024 or > 1 << 30)
            yield return "maxRequestBytes: needs 1024 to 1073741824";
        if (MaxAnswerBytes is < 1024 or > 1 << 28)
            yield return "maxAnswerBytes: needs 1024 to 268435456";
        if (MaxConnections is < 1 or > 65_535)
            yield return "maxConnections: needs 1 to 65535";
        if (MaxConnectionsPerAddress is < 1 or > 65_535)
            yield return "maxConnectionsPerAddress: needs 1 to 65535";
        if (MaxHandshakes is < 1 or > 65_535)
            yield return "maxHandshakes: needs 1 to 65535";
        if (MaxStreams is < 16 or > 65_535)
            yield return "maxStreams: needs 16 to 65535";
    }

    private IEnumerable<string> Times()
    {
        if (!IsLimit(SendTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(50)))
            yield return "sendTimeout: needs a duration from 100ms to 50s, e.g. 10s";
        if (!IsLimit(DialTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(50)))
            yield return "dialTimeout: needs a duration from 100ms to 50s, e.g. 5s";
        if (!IsLimit(HandshakeTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)))
            yield return "handshakeTimeout: needs a duration from 100ms to 10m, e.g. 10s";
        if (!IsLimit(IdleTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)))
            yield return "idleTimeout: needs a duration from 1s to 24h, e.g. 5m";
    }

    private static TimeSpan Read(string text) => Durations.TryParse(text, out var limit) ? limit : default;

    private static bool IsLimit(string? text, TimeSpan least, TimeSpan most) =>
        Durations.TryParse(text, out var limit) && limit >= least && limit <= most;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Libp2pOptions))]
internal sealed partial class Libp2pJson : JsonSerializerContext;
