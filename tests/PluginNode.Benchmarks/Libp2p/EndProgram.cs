using System.Globalization;
using System.Net;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>One end, in a process of its own: does what it is told on standard input until that ends.</summary>
internal sealed class EndProgram
{
    private readonly Libp2pHost _host = EndHost.Make();
    private readonly Dictionary<string, IWay> _ways = [];
    private FrameEnd _frames = null!;

    public static async Task<int> RunAsync(string seed, string peer)
    {
        var end = new EndProgram
        {
            _frames = await FrameEnd.StartAsync(
                byte.Parse(seed, CultureInfo.InvariantCulture), byte.Parse(peer, CultureInfo.InvariantCulture)),
        };
        return await BenchEnd.ServeAsync(end.DoAsync);
    }

    private Task<EndAnswer> DoAsync(EndCall call) => call.Do switch
    {
        "listen" => Task.FromResult(new EndAnswer
        {
            Libp2p = EndHost.Listen(_host), Tcp = TcpWay.Serve().ToString(), Frames = _frames.Address,
        }),
        "usage" => Task.FromResult(BenchEnd.Usage()),
        "cipher" => CipherLimit.MeasureAsync(call),
        "frames" => _frames.SendAsync(call),
        "bulk" => EndClient.BulkAsync(WayTo(call.Address), call),
        "messages" => EndClient.MessagesAsync(WayTo(call.Address), call),
        "streams" => EndClient.StreamsAsync(WayTo(call.Address), call),
        "handshakes" => EndClient.HandshakesAsync(WayTo(call.Address), call),
        "trips" => EndClient.TripsAsync(WayTo(call.Address), call),
        _ => throw new ArgumentException($"there is no command {call.Do}", nameof(call)),
    };

    private IWay WayTo(string address)
    {
        if (_ways.TryGetValue(address, out var way)) return way;
        way = address.StartsWith('/')
            ? new Libp2pWay(_host, Multiaddr.Parse(address)) : new TcpWay(IPEndPoint.Parse(address));
        return _ways[address] = way;
    }
}
