using System.Net;
using System.Net.Sockets;
using PluginNode.Identity;

namespace PluginNode.Libp2p.Hosting;

/// <summary>
/// Who has come in, and who finds a place:
/// <code>
/// comes ──► handshake ──► stays
///    └─ too many: a slow one makes room, or it is closed
///               └─ too many: for a peer that is known a stranger makes room; another one is closed
/// </code>
/// Before its handshake nobody knows who it is: so handshakes have places of their own, and who opens connections and
/// dawdles, or stays and does nothing, keeps no known peer out. All members may be called from any thread.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="time">The clock.</param>
/// <param name="isKnown">Whether a peer is to find a place; it must return at once.</param>
internal sealed class InboundGate(HostOptions options, TimeProvider time, Predicate<PeerId> isKnown)
{
    private const int SlowPart = 10; // of the time that a handshake may take

    private readonly Lock _gate = new();
    private readonly LinkedList<Place> _handshakes = []; // the oldest first, as below
    private readonly LinkedList<Place> _staying = [];
    private readonly Dictionary<IPAddress, int> _stayingOf = []; // by network

    /// <summary>Places that were taken and not left, with those of handshakes.</summary>
    public int Taken
    {
        get
        {
            lock (_gate) return _handshakes.Count + _staying.Count;
        }
    }

    /// <summary>A place for a connection whose handshake begins, or null where there is none. Where there are too many,
    /// a slow one makes room: the oldest of the network that has the most of them, or of its own. Handshakes that get
    /// on keep their places.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="connection">Disposed of from any thread when it has to make room.</param>
    public Place? TryEnter(IPAddress address, IDisposable connection)
    {
        var place = new Place(this, NetworkOf(address), connection, time.GetTimestamp());
        Place? slow = null;
        lock (_gate)
        {
            var own = _handshakes.Where(p => p.Network.Equals(place.Network));
            var ofNetwork = own.Count() >= options.MostInboundPerAddress;
            if (ofNetwork || _handshakes.Count >= options.MostHandshakes)
            {
                slow = Slowest(ofNetwork ? own : _handshakes);
                if (slow is null) return null;
                Cut(slow);
            }
            _handshakes.AddLast(place.Node);
        }
        slow?.Connection.Dispose();
        return place;
    }

    // Its handshake is done.
    private bool TryStay(Place place, PeerId peer)
    {
        var known = isKnown(peer);
        Place? leaves = null;
        lock (_gate)
        {
            if (place.IsCut) return false;
            place.Peer = peer;
            var ofNetwork = _stayingOf.GetValueOrDefault(place.Network) >= options.MostInboundPerAddress;
            if (ofNetwork || _staying.Count >= options.MostInbound)
            {
                var places = _staying.Where(p => !ofNetwork || p.Network.Equals(place.Network));
                leaves = known ? WhoLeaves(peer, places) : null;
                if (leaves is null) return false;
                Cut(leaves);
            }
            _handshakes.Remove(place.Node);
            _staying.AddLast(place.Node);
            _stayingOf[place.Network] = _stayingOf.GetValueOrDefault(place.Network) + 1;
        }
        leaves?.Connection.Dispose();
        return true;
    }

    // The oldest stranger; or what the peer has itself, which may have ended without a word.
    private Place? WhoLeaves(PeerId peer, IEnumerable<Place> places) =>
        places.FirstOrDefault(p => !isKnown(p.Peer)) ?? places.FirstOrDefault(p => p.Peer == peer);

    private Place? Slowest(IEnumerable<Place> handshakes) => handshakes
        .Where(p => time.GetElapsedTime(p.Since) >= options.HandshakeTimeout / SlowPart)
        .GroupBy(p => p.Network).MaxBy(n => n.Count())?.First();

    /// <summary>Under the lock: its place is free at once; the caller closes it.</summary>
    private void Cut(Place place)
    {
        place.IsCut = true;
        Leave(place);
    }

    private void Leave(Place place)
    {
        lock (_gate)
        {
            if (place.Node.List == _staying)
            {
                if (--_stayingOf[place.Network] == 0) _stayingOf.Remove(place.Network);
            }
            place.Node.List?.Remove(place.Node);
        }
    }

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
        public IPAddress Network => network;

        public IDisposable Connection => connection;

        public long Since => since;

        public LinkedListNode<Place> Node => field ??= new LinkedListNode<Place>(this);

        /// <summary>Who it is, once the handshake is done.</summary>
        public PeerId Peer { get; set; }

        /// <summary>Whether it had to make room for another one.</summary>
        public bool IsCut { get; set; }

        /// <summary>The handshake is done: whether there is a place to stay. Call it once.</summary>
        public bool TryStay(PeerId peer) => gate.TryStay(this, peer);

        public void Dispose() => gate.Leave(this);
    }
}
