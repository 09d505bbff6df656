using System.Net;
using System.Net.Sockets;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Counts who has come in, before anybody knows who it is.</summary>
internal sealed class InboundGate(HostOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _all, _handshakes;

    /// <summary>Places that were taken and not left.</summary>
    public int Taken
    {
        get
        {
            lock (_gate) return _all;
        }
    }

    /// <summary>A place for a connection whose handshake begins, or null where there is none.</summary>
    public Place? TryEnter(IPAddress address)
    {
        var network = NetworkOf(address);
        lock (_gate)
        {
            var here = _byAddress.GetValueOrDefault(network);
            if (_all >= options.MostInbound || here >= options.MostInboundPerAddress
                || _handshakes >= options.MostHandshakes)
                return null;
            _byAddress[network] = here + 1;
            _all++;
            _handshakes++;
            return new Place(this, network);
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
    internal sealed class Place(InboundGate gate, IPAddress network) : IDisposable
    {
        private bool _shakesHands = true, _left;

        public void HandshakeDone()
        {
            lock (gate._gate)
            {
                if (_shakesHands) gate._handshakes--;
                _shakesHands = false;
            }
        }

        public void Dispose()
        {
            HandshakeDone();
            lock (gate._gate)
            {
                if (_left) return;
                _left = true;
                gate._all--;
                if (--gate._byAddress[network] == 0) gate._byAddress.Remove(network);
            }
        }
    }
}
