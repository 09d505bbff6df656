using PluginNode.Conformance;
using System.Net;
using System.Net.Sockets;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>Stands between client and broker: passes bytes on, holds them back either way, or cuts.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _to;
    private readonly Task _running;
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private volatile TaskCompletionSource _toBroker = Opened();
    private volatile TaskCompletionSource _toClient = Opened();
    private int _connections;

    public Relay(int to)
    {
        _to = to;
        _listener.Start();
        _running = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many there have been.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public void HoldToBroker() => _toBroker = Signal.New();

    public void HoldToClient() => _toClient = Signal.New();

    public void Release()
    {
        _toBroker.TrySetResult();
        _toClient.TrySetResult();
    }

    /// <summary>Ends every connection, without a word.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            foreach (var socket in _open) socket.Dispose();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Cut();
        Release();
        await _running;
    }

    private static TaskCompletionSource Opened()
    {
        var gate = Signal.New();
        gate.SetResult();
        return gate;
    }

    private async Task RunAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await _listener.AcceptSocketAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket near)
    {
        Interlocked.Increment(ref _connections);
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        using (near)
        {
            lock (_lock) _open.AddRange([near, far]);
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _to);
                await Task.WhenAll(PumpAsync(near, far, () => _toBroker), PumpAsync(far, near, () => _toClient));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // one side is gone
            }
            lock (_lock) _open.RemoveAll(s => s == near || s == far);
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, Func<TaskCompletionSource> gate)
    {
        var buffer = new byte[16_384];
        try
        {
            while (true)
            {
                await gate().Task;
                var count = await from.ReceiveAsync(buffer);
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send); // what was passed on before still arrives
                    return;
                }
                await gate().Task;
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            from.Dispose();
            to.Dispose();
        }
    }
}
