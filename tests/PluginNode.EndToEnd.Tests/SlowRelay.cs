using System.Net;
using System.Net.Sockets;

namespace PluginNode.EndToEnd.Tests;

/// <summary>Stands before a port: takes connections and what they write, and hands it on only when told to.</summary>
internal sealed class SlowRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _to;

    public SlowRelay(int to)
    {
        _to = to;
        _listener.Start();
        _ = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Ends when somebody wrote something.</summary>
    public Task CalledAsync() => _called.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void LetGo() => _letGo.TrySetResult();

    public void Dispose()
    {
        LetGo();
        _listener.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true) _ = RelayAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test ended.
        }
    }

    private async Task RelayAsync(TcpClient caller)
    {
        using var near = caller;
        using var far = new TcpClient();
        try
        {
            var begun = new byte[1 << 16];
            var length = await near.GetStream().ReadAsync(begun);
            _called.TrySetResult();
            await _letGo.Task;
            await far.ConnectAsync(IPAddress.Loopback, _to);
            await far.GetStream().WriteAsync(begun.AsMemory(0, length));
            await Task.WhenAny(
                near.GetStream().CopyToAsync(far.GetStream()), far.GetStream().CopyToAsync(near.GetStream()));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // One of the two went away.
        }
    }
}
