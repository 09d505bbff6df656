using System.Net;
using System.Net.Sockets;
using PluginNode.Conformance;
using PluginNode.Libp2p.Addressing;

namespace PluginNode.Libp2p.Fakes;

/// <summary>A way to a peer that one connection takes, and that a test can keep shut, or make end for one side
/// alone.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _open = Signal.New(), _knocked = Signal.New(), _lost = Signal.New();
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpClient _there = new();
    private readonly Task _running;
    private volatile bool _isCut;

    private TcpRelay(Multiaddr to)
    {
        _listener.Start();
        Address = Multiaddr.Of((IPEndPoint)_listener.LocalEndpoint) with { Peer = to.Peer };
        _running = RunAsync(to.Port);
    }

    /// <summary>What is dialled instead.</summary>
    public Multiaddr Address { get; }

    /// <summary>Somebody has dialled.</summary>
    public Task Knocked => _knocked.Task.SoonAsync();

    /// <summary>Something was sent that was lost on the way, after <see cref="Cut"/>.</summary>
    public Task Lost => _lost.Task.SoonAsync();

    public static TcpRelay To(Multiaddr address, bool open = true)
    {
        var relay = new TcpRelay(address);
        if (open) relay.Open();
        return relay;
    }

    public void Open() => _open.TrySetResult();

    /// <summary>Who was dialled sees the connection end; who dialled sees nothing.</summary>
    public void Cut()
    {
        _isCut = true;
        _there.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        _there.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(int port)
    {
        using var here = await _listener.AcceptTcpClientAsync(_stop.Token);
        _knocked.TrySetResult();
        await _open.Task.WaitAsync(_stop.Token);
        await _there.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
        var (near, far) = (here.GetStream(), _there.GetStream());
        await Task.WhenAll(BackAsync(), ForthAsync());

        async Task ForthAsync()
        {
            var buffer = new byte[65_536];
            while (await near.ReadAsync(buffer, _stop.Token) is > 0 and var count)
                if (_isCut) _lost.TrySetResult();
                else await far.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
        }

        async Task BackAsync()
        {
            try
            {
                await far.CopyToAsync(near, _stop.Token);
            }
            catch (Exception e) when (_isCut && e is IOException or ObjectDisposedException)
            {
                // as it is to be
            }
        }
    }
}
