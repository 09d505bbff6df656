using System.Collections.Concurrent;
using PluginNode.Identity;
using PluginNode.Libp2p.Frames;

namespace PluginNode.Libp2p.Raw;

/// <summary>
/// Bounds what raw messages on their way in hold in memory. How long one will be is not known when it begins: each has
/// a place for <see cref="FirstBytes"/>, of which there are many, and one that grows beyond needs a place for the
/// largest, of which a peer has one at a time. So the small ones of a peer go on beside a large one, and those of
/// others beside a peer that fills its own places and does nothing.
/// </summary>
/// <param name="mostBytes">The largest message.</param>
internal sealed class RawRoom(int mostBytes)
{
    /// <summary>What a message may hold before it counts as a large one.</summary>
    public const int FirstBytes = 64 * 1024;

    private const int SmallOfPeer = 32;
    private const int SmallOfAll = 512;
    private const int LargeBytes = 64 << 20;

    private readonly ByteRoom _small = new(SmallOfAll);
    private readonly ByteRoom _large = new(Math.Max(4, LargeBytes / mostBytes));

    // of the peer list alone, so that there are few
    private readonly ConcurrentDictionary<PeerId, (ByteRoom Small, ByteRoom Large)> _peers = new();

    /// <summary>Waits for a place.</summary>
    /// <exception cref="OperationCanceledException">Cancelled first.</exception>
    public async Task<Place> EnterAsync(PeerId peer, CancellationToken cancellation)
    {
        var (small, large) = _peers.GetOrAdd(peer, static _ => (new ByteRoom(SmallOfPeer), new ByteRoom(1)));
        var place = new Place([large, _large]);
        try
        {
            await place.TakeAsync([small, _small], cancellation);
            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>One message's place; disposing gives back all of it.</summary>
    internal sealed class Place(IReadOnlyList<ByteRoom> large) : IDisposable
    {
        private readonly Stack<ByteRoom> _held = new();

        /// <summary>Waits until the message may be a large one. Call it once.</summary>
        /// <exception cref="OperationCanceledException">Cancelled first.</exception>
        public Task GrowAsync(CancellationToken cancellation) => TakeAsync(large, cancellation);

        public async Task TakeAsync(IReadOnlyList<ByteRoom> rooms, CancellationToken cancellation)
        {
            foreach (var room in rooms)
            {
                await room.TakeAsync(1, cancellation);
                _held.Push(room);
            }
        }

        public void Dispose()
        {
            while (_held.TryPop(out var room)) room.Return(1);
        }
    }
}
