using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Sync;

/// <summary>
/// Which days of neighbours were read as a whole and differ from ours all the same: what of them was rejected, waits for
/// a key, was pruned here or is held by us alone would have them read again each time. Forgotten after a day, as a key
/// may have become known. Callable from any thread.
/// </summary>
internal sealed class DayMemory(TimeProvider time)
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, Dictionary<DateOnly, (LedgerDay Claim, long At)>> _read = [];

    /// <summary>Whether that very content of a day was read.</summary>
    public bool Knows(PeerId peer, LedgerDay claim)
    {
        lock (_lock)
            return _read.TryGetValue(peer, out var days) && days.TryGetValue(claim.Day, out var known)
                && known.Claim == claim && time.GetElapsedTime(known.At) < Keep;
    }

    /// <summary>What was read of a neighbour and differs, in place of what was remembered of it. What was read earlier
    /// keeps its time.</summary>
    public void Set(PeerId peer, IReadOnlyCollection<LedgerDay> claims)
    {
        lock (_lock)
        {
            var before = _read.GetValueOrDefault(peer);
            _read.Remove(peer);
            if (claims.Count == 0) return;
            var days = new Dictionary<DateOnly, (LedgerDay Claim, long At)>(claims.Count);
            foreach (var claim in claims)
            {
                var known = before?.GetValueOrDefault(claim.Day);
                days[claim.Day] = known is { } k && k.Claim == claim && time.GetElapsedTime(k.At) < Keep
                    ? k : (claim, time.GetTimestamp());
            }
            _read[peer] = days;
        }
    }
}
