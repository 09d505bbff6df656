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
    private readonly Lock _gate = new();
    private Task? _agreeing; // while the remote's answer to the proposal is not read

    internal ProtocolStream(Connection connection, YamuxStream inner, string protocol, bool isProposed) =>
        (Connection, _inner, Protocol, _agreeing) =
            (connection, inner, protocol, isProposed ? null : Task.CompletedTask);

    /// <summary>What it runs on: there it says who the peer is.</summary>
    public Connection Connection { get; }

    /// <summary>The protocol's id.</summary>
    public string Protocol { get; }

    /// <inheritdoc/>
    /// <exception cref="Libp2pException">The stream was reset, its connection ended, or the remote does not speak the
    /// protocol: what was written is lost then.</exception>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var agreeing = AgreeAsync(cancellationToken);
        return agreeing.IsCompletedSuccessfully
            ? _inner.ReadAsync(buffer, cancellationToken) : FirstReadAsync(agreeing, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Completes when all of it is queued for the connection; it waits while the remote does not
    /// read.</remarks>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _inner.WriteAsync(buffer, cancellationToken);

    /// <summary>Waits until the remote has agreed to the protocol: what is written from then on is not lost where it
    /// does not speak it. Reading and finishing do the same by themselves.</summary>
    /// <exception cref="Libp2pException">As for reading.</exception>
    public Task AgreeAsync(CancellationToken cancellation)
    {
        // A reader and who closes may both wait for the one answer; whoever is cancelled leaves it to the other.
        Task agreeing;
        lock (_gate) agreeing = _agreeing ??= ReadAnswerAsync();
        return agreeing.IsCompleted ? agreeing : agreeing.WaitAsync(cancellation);
    }

    /// <summary>Finishes writing, once the remote has agreed to the protocol: some lose an end that comes earlier.
    /// Reading goes on. Again: does nothing.</summary>
    /// <exception cref="Libp2pException">As for reading.</exception>
    public async ValueTask CloseWriteAsync(CancellationToken cancellation = default)
    {
        await AgreeAsync(cancellation);
        _inner.CloseWrite();
    }

    /// <summary>Ends the stream at once for both sides; what is on its way is lost. Again: does nothing.</summary>
    public void Reset(string reason = "The stream was reset by this side.") => _inner.Reset(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async ValueTask<int> FirstReadAsync(
        Task agreeing, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await agreeing;
        return await _inner.ReadAsync(buffer, cancellationToken);
    }

    private async Task ReadAnswerAsync()
    {
        if (await Multistream.TryFinishAsync(_inner, Protocol, CancellationToken.None)) return;
        Reset("The remote does not speak the protocol.");
        throw Multistream.Refused([Protocol]);
    }
}
