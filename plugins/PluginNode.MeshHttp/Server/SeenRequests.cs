using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Server;

/// <summary>
/// Tells a sync request that comes again. A nara peer's signature is over name, millisecond, method and path: calls
/// that it makes at once have the same, so that within a second the same address may show it ten times, as many as such
/// a peer has under way. A PluginNode's requests differ by their nonce, and by their millisecond.
/// </summary>
internal sealed class SeenRequests(TimeProvider time)
{
    public const int MaxBurst = 10;

    private const int MaxPerPeer = 1 << 14;
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(1);

    // from as far ahead as is taken to as far behind
    private static readonly TimeSpan KeepFor = TimeSpan.FromMilliseconds(2 * Wire.NaraHead.FreshFor);

    private readonly ConcurrentDictionary<PeerId, PeerRequests> _peers = new();

    /// <summary>Takes note of a request whose signature held.</summary>
    /// <param name="peer">Who signed it.</param>
    /// <param name="signature">64 bytes.</param>
    /// <param name="address">Where it came from; null: it may not come twice from there either.</param>
    public NonceVerdict Add(PeerId peer, ReadOnlySpan<byte> signature, IPAddress? address)
    {
        // the signature's first half is a hash of what is signed
        var key = MemoryMarshal.Read<UInt128>(signature);
        return _peers.GetOrAdd(peer, static _ => new PeerRequests()).Add(key, address, time);
    }

    private sealed class PeerRequests
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<UInt128, (long First, IPAddress? Address, int Times)> _seen = [];
        private readonly Queue<UInt128> _order = new();

        public NonceVerdict Add(UInt128 key, IPAddress? address, TimeProvider time)
        {
            var now = time.GetTimestamp();
            lock (_lock)
            {
                while (_order.TryPeek(out var first) && time.GetElapsedTime(_seen[first].First, now) > KeepFor)
                    _seen.Remove(_order.Dequeue());
                if (_seen.TryGetValue(key, out var seen))
                {
                    if (address is null || seen.Times >= MaxBurst || !address.Equals(seen.Address)
                        || time.GetElapsedTime(seen.First, now) > Burst) return NonceVerdict.Seen;
                    _seen[key] = seen with { Times = seen.Times + 1 };
                    return NonceVerdict.New;
                }
                if (_seen.Count >= MaxPerPeer) return NonceVerdict.Full;
                _seen[key] = (now, address, 1);
                _order.Enqueue(key);
                return NonceVerdict.New;
            }
        }
    }
}
