using System.Buffers;
using PluginNode.Identity;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>
/// Takes batches of frames from the peers of the peer list, one batch a peer at a time. On each stream:
/// <code>greeting → (head → room → body → the node's host → answer)*, until the peer finishes or a farewell</code>
/// </summary>
internal sealed class FrameServer(Libp2pOptions options, Libp2pNode node, ITransportHost host)
{
    // batches of the largest size that are received at once at least
    private const int Shares = 4;

    // for what the rate does not count: a batch that begins slowly, and the way there
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly ServedStreams _served = new();
    private readonly Turns _turns = new();
    private readonly RareLog<PeerId> _unknown = new(node.Time);
    private readonly RareLog<PeerId> _crowded = new(node.Time);
    private readonly ByteRoom _room = new(Math.Max(64L << 20, (long)Shares * options.MaxBatchBytes));
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Serves one stream; the handler of <see cref="FrameWire.Protocol"/>.</summary>
    public Task ServeAsync(ProtocolStream stream, CancellationToken cancellation) =>
        _served.ServeAsync(stream, TakeTurnAsync, cancellation);

    /// <summary>Takes no further batch, and waits for those that are being received; when cancelled these are cut off.
    /// After it completes nothing is handed to the host.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        await _stopping.CancelAsync();
        await _served.StopAsync(cancellation);
    }

    private async Task TakeTurnAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        using var turn = await _turns.TakeAsync(stream.Connection.Peer);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(turn.Replaced, cancellation);
        var farewell = await TakeBatchesAsync(stream, ends.Token);
        if (farewell.Length > 0) await SayAsync(stream, 0, farewell, [], ends.Token);
    }

    /// <summary>Takes batches; why it ended, for the peer, and nothing where the peer has finished.</summary>
    private async Task<string> TakeBatchesAsync(ProtocolStream stream, CancellationToken ends)
    {
        var peer = stream.Connection.Peer;
        if (IsUnknown(peer)) return "unknown sender";
        host.Heard(peer, null);
        await SayAsync(stream, 0, "", [], ends);
        while (true)
        {
            if (await NextAsync(stream, ends) is not { } head)
                return _stopping.IsCancellationRequested ? "the node is stopping" : "";
            if (IsUnknown(peer)) return "unknown sender";
            if (!await TakeRoomAsync(peer, head.Rest, ends)) return "too much is being received";
            Taken taken;
            try
            {
                taken = await TakeAsync(stream, head, ends);
            }
            finally
            {
                _room.Return(head.Rest);
            }
            await SayAsync(stream, head.Number, taken.Reason, taken.Outcomes, ends);
        }
    }

    /// <summary>The next head; null at the end, also at this node's.</summary>
    private async Task<BatchHead?> NextAsync(ProtocolStream stream, CancellationToken ends)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ends, _stopping.Token);
        var bytes = new byte[BatchHead.Length];
        try
        {
            var got = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, either.Token);
            if (got == 0) return null;
            if (got < bytes.Length) throw Libp2pException.Malformed("A batch is cut short.");
        }
        catch (OperationCanceledException) when (!ends.IsCancellationRequested)
        {
            return null;
        }
        return BatchHead.Read(bytes, options.MaxBatchBytes);
    }

    private async Task<Taken> TakeAsync(ProtocolStream stream, BatchHead head, CancellationToken ends)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, head.Rest));
        try
        {
            var body = buffer.AsMemory(0, head.Rest);
            await ReadAsync(stream, body, ends);
            return await HandOverAsync(stream.Connection.Peer, head, FrameBatch.Split(body, head.Count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ReadAsync(ProtocolStream stream, Memory<byte> body, CancellationToken ends)
    {
        var time = FrameWire.TimeOf(body.Length) + Grace;
        using var limit = new CancellationTokenSource(time, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            await stream.ReadExactlyAsync(body, either.Token);
        }
        catch (OperationCanceledException e) when (!ends.IsCancellationRequested)
        {
            throw new Libp2pException(Libp2pFault.TimedOut, $"A batch of {body.Length} bytes took over {time}.", e);
        }
        catch (EndOfStreamException e)
        {
            throw new Libp2pException(Libp2pFault.Malformed, "A batch is cut short.", e);
        }
    }

    // Only stopping cuts it off: what a newer stream brings must not overtake it.
    private async Task<Taken> HandOverAsync(PeerId peer, BatchHead head, ReadOnlyMemory<byte>[] frames)
    {
        try
        {
            host.Heard(peer, FrameWire.ToTime(head.Clock));
            return new Taken("", await host.ReceiveAsync(peer, frames, _served.Cut));
        }
        catch (Exception e)
        {
            if (!_served.Cut.IsCancellationRequested)
                LogMessages.ReceiveFailed(node.Logger, peer.ToString(), ReasonLine.Of(e.Message));
            return new Taken("the node could not take it", []);
        }
    }

    private async Task<bool> TakeRoomAsync(PeerId peer, int bytes, CancellationToken ends)
    {
        // the sender waits about as long as this node would: it is told before it gives up
        using var limit = new CancellationTokenSource(options.SendLimit / 2, node.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        try
        {
            await _room.TakeAsync(bytes, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ends.IsCancellationRequested)
        {
            if (_crowded.May(peer)) LogMessages.NoRoom(node.Logger, peer.ToString());
            return false;
        }
    }

    private bool IsUnknown(PeerId peer)
    {
        if (node.Peers.TakesFrom(peer)) return false;
        if (_unknown.May(peer)) LogMessages.UnknownSender(node.Logger, peer.ToString());
        return true;
    }

    private ValueTask SayAsync(
        ProtocolStream stream, uint number, string reason, IReadOnlyList<SendOutcome> outcomes, CancellationToken ends)
    {
        var clock = node.Time.GetUtcNow().ToUnixTimeMilliseconds();
        return stream.WriteAsync(Answer.Write(number, clock, options.MaxBatchBytes, reason, outcomes), ends);
    }

    private readonly record struct Taken(string Reason, IReadOnlyList<SendOutcome> Outcomes);
}
