using PluginNode.Libp2p.Negotiation;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hosting;

/// <summary>
/// A stream that speaks one protocol with an authenticated peer. One read and one write may be under way at a time.
/// Disposing of one that was not written to its end resets it; one that was may be disposed of at any time.
/// </summary>
public sealed class ProtocolStream : DuplexStream
{
    private readonly YamuxStream _inner;
    private bool _isProposed;

    internal ProtocolStream(Connection connection, YamuxStream inner, string protocol, bool isProposed) =>
        (Connection, _inner, Protocol, _isProposed) = (connection, inner, protocol, isProposed);

    /// <summary>What it runs on: there it says who the peer is.</summary>
    public Connection Connection { get; }

    /// <summary>The protocol's id.</summary>
    public string Protocol { get; }

    /// <inheritdoc/>
    /// <exception cref="Libp2pException">The stream was reset, its connection ended, or the remote does not speak the
    /// protocol: what was written is lost then.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isProposed)
        {
            if (!await Multistream.TryFinishAsync(_inner, Protocol, cancellationToken))
            {
                Reset("The remote does not speak the protocol.");
                throw Multistream.Refused([Protocol]);
            }
            _isProposed = false;
        }
        return await _inner.ReadAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Completes when all of it is queued for the connection; it waits while the remote does not read.</remarks>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _inner.WriteAsync(buffer, cancellationToken);

    /// <summary>Finishes writing; reading goes on. Again: does nothing.</summary>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    public void CloseWrite() => _inner.CloseWrite();

    /// <summary>Ends the stream at once for both sides; what is on its way is lost. Again: does nothing.</summary>
    public void Reset(string reason = "The stream was reset by this side.") => _inner.Reset(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _inner.DisposeAsync();
}
