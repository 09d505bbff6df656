using System.Buffers;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Frames;
using PluginNode.Libp2p.Hosting;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Raw;

/// <summary>Sends raw messages. Throws for nothing that the network or the peer does.</summary>
internal sealed class RawSender(Libp2pHost libp2p, ITransportHost host, Libp2pOptions options, TimeProvider time)
{
    public async Task<SendOutcome> SendAsync(
        PeerId peer, IReadOnlyList<Multiaddr> addresses, RawMessage message, CancellationToken cancellation)
    {
        var most = options.SendLimit + FrameWire.TimeOf(message.Payload.Length);
        using var limit = new CancellationTokenSource(most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        ProtocolStream? stream = null;
        try
        {
            stream = await libp2p.OpenStreamAsync(peer, addresses, message.Protocol, either.Token);
            await stream.AgreeAsync(either.Token); // else the peer would take the message for the negotiation
            // side by side: a peer may write back while it reads, and read on only once that was taken
            await Task.WhenAll(WriteAsync(stream, message.Payload, either.Token), DrainAsync(stream, either.Token));
            host.Heard(peer, null);
            return new SendOutcome(message.Id, SendStatus.Sent);
        }
        catch (Exception e)
        {
            var reason = e switch
            {
                OperationCanceledException => cancellation.IsCancellationRequested
                    ? "cancelled" : $"the peer did not close the stream within {most}",
                // the protocol stays out of what is logged
                Libp2pException { Fault: Libp2pFault.NotSupported } => "the peer does not speak the message's protocol",
                Libp2pException { Fault: Libp2pFault.Reset } => "the peer reset the stream",
                _ => e.Message,
            };
            stream?.Reset(reason);
            return new SendOutcome(message.Id, SendStatus.Retry, ReasonLine.Of(reason));
        }
        finally
        {
            if (stream is not null) await stream.DisposeAsync();
        }
    }

    private static async Task WriteAsync(
        ProtocolStream stream, ReadOnlyMemory<byte> payload, CancellationToken cancellation)
    {
        await stream.WriteAsync(payload, cancellation);
        await stream.CloseWriteAsync(cancellation);
    }

    /// <summary>What the peer writes back is nobody's; its end is what counts.</summary>
    private static async Task DrainAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (await stream.ReadAsync(buffer, cancellation) > 0)
            {
                // dropped
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
