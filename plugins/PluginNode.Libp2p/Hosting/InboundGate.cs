using System.Net;
using System.Net.Sockets;

namespace PluginNode.Libp2p.Hosting;

/// <summary>
/// Counts who has come in, before anybody knows who it is. Where too many handshakes are under way, a slow one makes
/// room for who comes: the oldest of the network that has the most of them. So who opens connections and dawdles keeps
/// nobody else out, and handshakes that get on keep their places.
/// </summary>
internal sealed class InboundGate(HostOptions options, TimeProvider time)
{
    private const int SlowPart = 10; // of the time that a handshake may take

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private readonly LinkedList<Place> _handshakes = []; // the oldest first
    private int _all;

    /// <summary>Places that were taken and not left.</summary>
    public int Taken
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>A place for a connection whose handshake begins, or null where there is none.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="connection">Disposed of from any thread when the handshake has to make room.</param>
    public Place? TryEnter(IPAddress address, IDisposable connection)
    {
        var network = NetworkOf(address);
        Place? slow = null;
        Place place;
        lock (_gate)
        {
            var here = _byAddress.GetValueOrDefault(network);
            if (_all >= options.MostInbound || here >= options.MostInboundPerAddress) return null;
            if (_handshakes.Count >= options.MostHandshakes)
            {
                slow = Slowest();
                if (slow is null) return null;
                slow.IsCut = true;
                _handshakes.Remove(slow);
            }
            place = new Place(this, network, connection, time.GetTimestamp());
            _handshakes.AddLast(place);
            _byAddress[network] = here + 1;
            _all++;
        }
        slow?.Connection.Dispose();
        return place;
    }

    private Place? Slowest() => _handshakes
        .Where(p => time.GetElapsedTime(p.Since) >= options.HandshakeTimeout / SlowPart)
        .GroupBy(p => p.Network).MaxBy(n => n.Count())?.First();

    // Whoever has one address of an IPv6 network has all of them.
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>Left when the connection has ended.</summary>
    internal sealed class Place(InboundGate gate, IPAddress network, IDisposable connection, long since) : IDisposable
    {
        private bool _left;

        public IPAddress Network => network;

        public IDisposable Connection => connection;

        public long Since => since;

        /// <summary>Whether it had to make room for another handshake.</summary>
        public bool IsCut { get; set; }

        public void HandshakeDone()
        {
            lock (gate._gate) gate._handshakes.Remove(this);
        }

        public void Dispose()
        {
            lock (gate._gate)
            {
                gate._handshakes.Remove(this);
                if (_left) return;
                _left = true;
                gate._all--;
                if (--gate._byAddress[network] == 0) gate._byAddress.Remove(network);
            }
        }
    }
}
