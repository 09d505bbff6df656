namespace PluginNode.Libp2p.Hosting;

/// <summary>The streams of one protocol that are being served, so that a stop can wait for them or cut them off. All
/// members may be called from any thread.</summary>
internal sealed class ServedStreams
{
    private readonly CallGate _gate = new();
    private readonly CancellationTokenSource _cut = new();

    /// <summary>Cancelled when those that are being served are cut off.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Serves one stream.</summary>
    /// <param name="stream">It.</param>
    /// <param name="serve">Does; what cancels it is a cut or <paramref name="cancellation"/>.</param>
    /// <param name="cancellation">The host ends.</param>
    /// <exception cref="Libp2pException">It is stopping; or what <paramref name="serve"/> throws.</exception>
    public async Task ServeAsync(ProtocolStream stream, StreamHandler serve, CancellationToken cancellation)
    {
        if (!_gate.TryEnter()) throw new Libp2pException(Libp2pFault.Closed, "The node is stopping.");
        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token, cancellation);
            await serve(stream, ends.Token);
        }
        finally
        {
            _gate.Leave();
        }
    }

    /// <summary>Takes no further stream, and waits for those that are being served; when cancelled these are cut off.
    /// After it completes none is served any more.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _gate.Close();
        await using (cancellation.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _cut))
            await _gate.Empty;
    }
}
