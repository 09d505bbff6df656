using PluginNode.Identity;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Raw;

/// <summary>
/// Takes raw messages from the peers of the peer list:
/// <code>
/// stream ──► known peer? ──► room ──► all until the peer finishes ──► the inbox ──► closed
///                 └───────────┴─────────────────┴───────────────────────┴──no──► reset
/// </code>
/// </summary>
internal sealed class RawServer(Libp2pOptions options, Libp2pNode node, ITransportHost host, IRawStreamHost inbox)
{
    private readonly ServedStreams _served = new();
    private readonly RawRoom _room = new(options.MaxRawBytes);
    private readonly RareLog<PeerId> _turnedAway = new(node.Time);

    public static Libp2pException Crowded(Exception inner) =>
        new(Libp2pFault.Limit, "too much is being received from it at once.", inner);

    /// <summary>Serves one stream. It is closed when this returns and reset when it throws.</summary>
    public async Task ServeAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        try
        {
            await _served.ServeAsync(stream, TakeAsync, cancellation);
        }
        catch (Libp2pException e) when (e.Fault is Libp2pFault.Limit or Libp2pFault.TimedOut)
        {
            var peer = stream.Connection.Peer;
            if (_turnedAway.May(peer)) LogMessages.RawTurnedAway(node.Logger, peer.ToString(), e.Message);
            throw;
        }
    }

    /// <summary>Takes no further stream, and waits for those that are being received; when cancelled these are cut off.
    /// After it completes nothing is handed to the host.</summary>
    public Task StopAsync(CancellationToken cancellation) => _served.StopAsync(cancellation);

    private async Task TakeAsync(ProtocolStream stream, CancellationToken ends)
    {
        var peer = stream.Connection.Peer;
        if (!node.Peers.TakesFrom(peer))
            throw new Libp2pException(Libp2pFault.Limit, "it is not in the peer list, or only sent to.");
        host.Heard(peer, null);
        using var place = await EnterAsync(peer, ends);
        using var reading = new RawReading(stream, place, options, node.Time);
        var outcome = await HandOverAsync(peer, stream.Protocol, await reading.ReadAsync(ends));
        if (outcome.Status != SendStatus.Delivered)
            throw new Libp2pException(Libp2pFault.Limit, $"{outcome.Reason}.");
    }

    private async Task<RawRoom.Place> EnterAsync(PeerId peer, CancellationToken ends)
    {
        using var limit = new CancellationTokenSource(options.SendLimit, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            return await _room.EnterAsync(peer, either.Token);
        }
        catch (OperationCanceledException e) when (!ends.IsCancellationRequested)
        {
            throw Crowded(e);
        }
    }

    private async Task<SendOutcome> HandOverAsync(PeerId peer, string protocol, ReadOnlyMemory<byte> payload)
    {
        try
        {
            return await inbox.ReceiveRawAsync(peer, protocol, payload, _served.Cut);
        }
        catch (Exception e)
        {
            if (!_served.Cut.IsCancellationRequested)
                LogMessages.ReceiveFailed(node.Logger, peer.ToString(), ReasonLine.Of(e.Message));
            throw new Libp2pException(Libp2pFault.Reset, "the node could not take it", e);
        }
    }
}
