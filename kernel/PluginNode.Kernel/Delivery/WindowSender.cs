using Google.Protobuf;
using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>What came of a window.</summary>
/// <param name="Route">Outcomes by id.</param>
/// <param name="Damaged">Messages whose record is damaged; they were not sent.</param>
internal sealed record WindowResult(RouteResult Route, IReadOnlySet<Guid> Damaged);

/// <summary>
/// Carries one window from the store to the transport: reads the bodies, encodes and signs the frames, sends them. It
/// touches nothing that the delivery loop owns but the messages' immutable parts, and runs beside it.
/// </summary>
internal sealed class WindowSender(Journal journal, FrameSealer sealer, Router router, PeerId self)
{
    private readonly ByteString _from = UnsafeByteOperations.UnsafeWrap(self.ToPublicKey());

    /// <summary>Says which protocols go raw to some address of a peer; null where none does.</summary>
    public Predicate<string>? RawOf(Peer peer) => router.RawOf(peer);

    public async Task<WindowResult> SendAsync(
        Peer peer, IReadOnlyList<(Message Message, ReadOnlyMemory<byte>? Payload)> window, CancellationToken cancellation)
    {
        var damaged = new HashSet<Guid>();
        try
        {
            var payloads = await ReadAsync(window, cancellation);
            var outgoing = new List<Outgoing>(window.Count);
            var to = UnsafeByteOperations.UnsafeWrap(peer.Id.ToPublicKey());
            for (var i = 0; i < window.Count; i++)
            {
                var message = window[i].Message;
                if (payloads[i] is not { } payload) damaged.Add(message.Id);
                else outgoing.Add(new Outgoing(
                    message.Id, FrameCodec.EnvelopeOf(message, payload, _from, to), message.Position));
            }
            var route = outgoing.Count == 0
                ? new RouteResult([], "", "")
                : await router.SendAsync(peer, sealer.Sign(outgoing), cancellation);
            return new WindowResult(route, damaged);
        }
        catch (StoreException e)
        {
            return new WindowResult(new RouteResult([], "", e.Message), damaged);
        }
        catch (OperationCanceledException)
        {
            return new WindowResult(new RouteResult([], "", "cancelled"), damaged);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?[]> ReadAsync(
        IReadOnlyList<(Message Message, ReadOnlyMemory<byte>? Payload)> window, CancellationToken cancellation)
    {
        var payloads = new ReadOnlyMemory<byte>?[window.Count];
        var missing = new List<int>();
        for (var i = 0; i < payloads.Length; i++)
            if (window[i].Payload is { } payload) payloads[i] = payload;
            else missing.Add(i);
        if (missing.Count == 0) return payloads;

        var read = await journal.ReadAsync([.. missing.Select(i => window[i].Message.BodyKey)], cancellation);
        for (var i = 0; i < read.Length; i++) payloads[missing[i]] = read[i];
        return payloads;
    }
}
