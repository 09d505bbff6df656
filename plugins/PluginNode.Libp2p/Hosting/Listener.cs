using System.Net;
using System.Net.Sockets;
using PluginNode.Libp2p.Addressing;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Takes TCP connections on one address until it is disposed of.</summary>
internal sealed class Listener : IDisposable
{
    private const int Backlog = 128;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Socket _socket;

    /// <exception cref="Libp2pException">The address cannot be listened on; the message says why.</exception>
    public Listener(Multiaddr address)
    {
        if (address.Kind is HostKind.Dns4 or HostKind.Dns6)
            throw new Libp2pException(
                Libp2pFault.NotSupported, $"{address}: listen on an IP address; a name can only be dialled.");
        var ip = IPAddress.Parse(address.Host);
        try
        {
            _socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Kind == HostKind.Ip6) _socket.DualMode = false;
            _socket.Bind(new IPEndPoint(ip, address.Port));
            _socket.Listen(Backlog);
        }
        catch (SocketException e)
        {
            _socket?.Dispose(); // null where the machine has no such addresses
            throw new Libp2pException(Libp2pFault.Unreachable, $"{address} cannot be listened on: {e.Message}", e);
        }
        Address = Multiaddr.Of((IPEndPoint)_socket.LocalEndPoint!);
    }

    /// <summary>What it listens on, with the port that it got.</summary>
    public Multiaddr Address { get; }

    /// <summary>The next connection; null when the listener has ended.</summary>
    public async Task<Socket?> AcceptAsync()
    {
        while (true)
        {
            try
            {
                return await _socket.AcceptAsync();
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException)
            {
                // Whoever it was has gone again, or no more files may be open: the listener stays.
                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
