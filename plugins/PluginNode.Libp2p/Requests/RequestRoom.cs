using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Libp2p.Frames;

namespace PluginNode.Libp2p.Requests;

/// <summary>Bounds the bytes that requests, or answers, hold in memory: those of one peer, and all together. First
/// come, first served; who waits for its own peer's share holds nobody else up.</summary>
/// <param name="bytes">For all together.</param>
/// <param name="share">For one peer; at least the largest one.</param>
internal sealed class RequestRoom(long bytes, long share)
{
    private readonly ByteRoom _all = new(bytes);

    // of the peer list alone, so that there are few
    private readonly ConcurrentDictionary<PeerId, ByteRoom> _peers = new();

    /// <summary>Waits for room; disposing gives it back.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first; nothing was taken.</exception>
    public async Task<Place> TakeAsync(PeerId peer, long count, CancellationToken cancellation)
    {
        var own = _peers.GetOrAdd(peer, static (_, most) => new ByteRoom(most), share);
        await own.TakeAsync(count, cancellation);
        try
        {
            await _all.TakeAsync(count, cancellation);
            return new Place(own, _all, count);
        }
        catch
        {
            own.Return(count);
            throw;
        }
    }

    /// <summary>What one of them holds.</summary>
    internal sealed class Place(ByteRoom own, ByteRoom all, long count) : IDisposable
    {
        private long _count = count;

        /// <summary>Gives back what is not needed after all.</summary>
        public void ShrinkTo(long needed)
        {
            if (needed >= _count) return;
            own.Return(_count - needed);
            all.Return(_count - needed);
            _count = needed;
        }

        public void Dispose() => ShrinkTo(0);
    }
}
