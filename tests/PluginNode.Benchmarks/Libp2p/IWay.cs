using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>How streams to the other end are made.</summary>
internal interface IWay
{
    /// <summary>A stream for one of the protocols of <see cref="EndServer"/>.</summary>
    Task<Stream> OpenAsync(string protocol);

    /// <summary>Finishes writing.</summary>
    ValueTask FinishAsync(Stream stream);

    /// <summary>Lets go of it when all of it was answered.</summary>
    ValueTask LeaveAsync(Stream stream);

    /// <summary>Another way to the same end that shares nothing with this one: somebody else's.</summary>
    IDialler Another();
}

/// <summary>Makes connections and ends them again.</summary>
internal interface IDialler : IAsyncDisposable
{
    Task ConnectAndCloseAsync();
}

/// <summary>Streams of one libp2p connection.</summary>
internal sealed class Libp2pWay(Libp2pHost host, Multiaddr address) : IWay
{
    public async Task<Stream> OpenAsync(string protocol) =>
        await host.OpenStreamAsync(address.Peer!.Value, [address], protocol, CancellationToken.None);

    public ValueTask FinishAsync(Stream stream) => ((ProtocolStream)stream).CloseWriteAsync();

    public async ValueTask LeaveAsync(Stream stream)
    {
        await FinishAsync(stream);
        await stream.DisposeAsync();
    }

    public IDialler Another() => new Dialler(address);

    private sealed class Dialler(Multiaddr address) : IDialler
    {
        private readonly Libp2pHost _host = EndHost.Make();

        public async Task ConnectAndCloseAsync()
        {
            var connection = await _host.ConnectAsync(address.Peer!.Value, [address], CancellationToken.None);
            await connection.CloseAsync();
        }

        public ValueTask DisposeAsync() => _host.DisposeAsync();
    }
}
