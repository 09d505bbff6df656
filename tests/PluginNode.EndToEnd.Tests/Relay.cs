using System.Net;
using System.Net.Sockets;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Stands before a port and takes its connections; what becomes of each is said by who inherits it.</summary>
internal abstract class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _to;

    protected Relay(int to)
    {
        _to = to;
        _listener.Start();
        _ = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where a node that is to go through it dials.</summary>
    public string MeshAddress => $"mesh+http://127.0.0.1:{Port}";

    public virtual void Dispose() => _listener.Dispose();

    /// <summary>Serves one connection until it returns. The connection is closed for it.</summary>
    protected abstract Task RelayAsync(NetworkStream near);

    /// <summary>Connects to what stands behind.</summary>
    protected async Task<TcpClient> ReachAsync()
    {
        var far = new TcpClient { NoDelay = true };
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _to);
            return far;
        }
        catch
        {
            far.Dispose();
            throw;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test ended.
        }
    }

    private async Task ServeAsync(TcpClient near)
    {
        near.NoDelay = true;
        using (near)
        {
            try
            {
                await RelayAsync(near.GetStream());
            }
            catch (Exception e) when (
                e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // One of the two went away, or the test ended.
            }
        }
    }
}
