using System.Net;
using System.Net.Sockets;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>Plain connections, one for each stream.</summary>
internal sealed class TcpWay(IPEndPoint end) : IWay, IDialler
{
    public async Task<Stream> OpenAsync(string protocol)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            // left with a reset: thousands of finished connections would use up the ports
            LingerState = new LingerOption(enable: true, seconds: 0),
        };
        await socket.ConnectAsync(end);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(new[] { (byte)Array.FindIndex(EndServer.Protocols, p => p.Name == protocol) });
        return stream;
    }

    public ValueTask FinishAsync(Stream stream)
    {
        ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        return default;
    }

    public ValueTask LeaveAsync(Stream stream) => stream.DisposeAsync();

    public IDialler Another() => this;

    public async Task ConnectAndCloseAsync()
    {
        await using var stream = await OpenAsync(EndServer.Hello);
        await stream.ReadExactlyAsync(new byte[1]);
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>Takes connections until the process ends.</summary>
    public static IPEndPoint Serve()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1024);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                socket.NoDelay = true;
                _ = Task.Run(() => ServeAsync(socket));
            }
        });
        return (IPEndPoint)listener.LocalEndPoint!;
    }

    private static async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var protocol = new byte[1];
            await stream.ReadExactlyAsync(protocol);
            await EndServer.Protocols[protocol[0]].Serve(stream, CancellationToken.None);
        }
        catch (IOException e)
            when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // how the client leaves
        }
    }
}
