using System.Collections.Concurrent;
using PluginNode.Identity;

namespace PluginNode.Peering;

internal enum NonceVerdict
{
    New,
    Seen,
    Full,

    /// <summary>Older than what was forgotten meanwhile by another request's later look at the clock.</summary>
    Stale,
}

/// <summary>
/// The nonces of each peer whose timestamps could still pass. Filled only after the signature held, so only known peers
/// have a share of it, and each is bounded for itself.
/// </summary>
/// <param name="capacity">Nonces kept for one peer.</param>
/// <param name="window">Milliseconds that a timestamp may lie behind.</param>
internal sealed class NonceCache(int capacity, long window)
{
    private readonly ConcurrentDictionary<PeerId, PeerNonces> _peers = new();

    /// <summary>Takes note of a nonce whose timestamp has just been found fresh at <paramref name="now"/>.</summary>
    public NonceVerdict Add(PeerId peer, UInt128 nonce, long timestamp, long now) =>
        _peers.GetOrAdd(peer, static _ => new PeerNonces()).Add(nonce, timestamp, now - window, capacity);

    private sealed class PeerNonces
    {
        private readonly Lock _lock = new();
        private readonly HashSet<UInt128> _seen = [];
        private readonly Queue<(UInt128 Nonce, long Timestamp)> _order = new();
        private long _forgotten = long.MinValue;

        public NonceVerdict Add(UInt128 nonce, long timestamp, long oldest, int capacity)
        {
            lock (_lock)
            {
                _forgotten = Math.Max(_forgotten, oldest);
                if (timestamp < _forgotten) return NonceVerdict.Stale;
                // in order of arrival: one from the future keeps those behind it a little longer, never shorter
                while (_order.TryPeek(out var first) && first.Timestamp < _forgotten)
                    _seen.Remove(_order.Dequeue().Nonce);
                if (_seen.Contains(nonce)) return NonceVerdict.Seen;
                if (_seen.Count >= capacity) return NonceVerdict.Full;
                _seen.Add(nonce);
                _order.Enqueue((nonce, timestamp));
                return NonceVerdict.New;
            }
        }
    }
}
