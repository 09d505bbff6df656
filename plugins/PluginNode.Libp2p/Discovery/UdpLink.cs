using System.Net;
using System.Net.Sockets;

namespace PluginNode.Libp2p.Discovery;

/// <summary>A UDP socket that has joined a group on one interface, and shares the port with other programs.</summary>
internal sealed class UdpLink : ILink
{
    private const int TimeToLive = 255; // RFC 6762, section 11

    private readonly Socket _socket;
    private readonly Site _site;
    private readonly IPEndPoint _group, _any;

    /// <exception cref="SocketException">The port, the interface or the group cannot be had.</exception>
    public UdpLink(Site site, int port)
    {
        var isIp4 = site.Group.AddressFamily == AddressFamily.InterNetwork;
        _site = site;
        _group = new IPEndPoint(isIp4 ? site.Group : new IPAddress(site.Group.GetAddressBytes(), site.Index), port);
        _any = new IPEndPoint(isIp4 ? IPAddress.Any : IPAddress.IPv6Any, port);
        _socket = new Socket(site.Group.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            var level = isIp4 ? SocketOptionLevel.IP : SocketOptionLevel.IPv6;
            if (!isIp4) _socket.DualMode = false;
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            // What comes to the group on other interfaces comes here, too, and is told apart by this.
            _socket.SetSocketOption(level, SocketOptionName.PacketInformation, true);
            _socket.Bind(_any);
            _socket.SetSocketOption(
                level, SocketOptionName.AddMembership,
                isIp4 ? new MulticastOption(site.Group, site.Index)
                    : (object)new IPv6MulticastOption(site.Group, site.Index));
            _socket.SetSocketOption(
                level, SocketOptionName.MulticastInterface,
                isIp4 ? IPAddress.HostToNetworkOrder(site.Index) : site.Index);
            _socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, TimeToLive);
            // Other nodes of this machine hear it as well.
            _socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, true);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation) =>
        await _socket.SendToAsync(message, SocketFlags.None, _group, cancellation);

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            var received = await _socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, _any, cancellation);
            // What was sent to this machine alone may come from anywhere in the world (RFC 6762, section 11).
            if (received.PacketInformation.Interface == _site.Index
                && received.PacketInformation.Address.GetAddressBytes().AsSpan()
                    .SequenceEqual(_site.Group.GetAddressBytes())
                && !received.SocketFlags.HasFlag(SocketFlags.Truncated))
                return received.ReceivedBytes;
        }
    }

    public void Dispose() => _socket.Dispose();
}

/// <summary>The networks that the system has.</summary>
/// <param name="listening">The addresses that are listened on.</param>
/// <param name="port">5353, and another one for tests.</param>
internal sealed class UdpNetworks(IReadOnlyCollection<IPAddress> listening, int port) : INetworks
{
    public IReadOnlyList<Site> Now() => Site.Now(listening);

    public ILink Open(Site site) => new UdpLink(site, port);
}
