using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.MeshHttp;

/// <summary>Moves frames by signed HTTP/1.1 calls between nodes that can reach each other.</summary>
public sealed class MeshHttpTransport(
    MeshHttpOptions options, ISigner signer, IPeerDirectory peers, TimeProvider time, IChance chance,
    ILogger<MeshHttpTransport> logger) : ITransport, IAsyncDisposable
{
    private MeshServer? _server;
    private MeshClient? _client;

    /// <inheritdoc/>
    public string Scheme => "mesh+http";

    /// <inheritdoc/>
    public int MaxFrameBytes => options.MaxBatchBytes - 8;

    /// <summary>Where it listens, with the real port; null where it does not.</summary>
    public Uri? ListenAddress => _server?.Address;

    /// <inheritdoc/>
    public async Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (options.Listen.Length > 0)
        {
            var server = new MeshServer(options, signer, peers, host, time, logger);
            await server.StartAsync(cancellation);
            _server = server;
        }
        _client = new MeshClient(options, signer, host, time, chance);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(frames);
        return _client is { } client
            ? client.SendAsync(peer, address, frames, cancellation)
            : Task.FromResult<IReadOnlyList<SendOutcome>>(
                [.. frames.Select(f => new SendOutcome(f.Id, SendStatus.Retry, "the transport is not started"))]);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellation)
    {
        var (server, client) = (_server, _client);
        (_server, _client) = (null, null);
        client?.Dispose();
        if (server is not null) await server.StopAsync(cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true));
}
