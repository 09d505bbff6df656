using System.Collections.Concurrent;
using PluginNode.Identity;

namespace PluginNode.Libp2p.Frames;

/// <summary>Lets one line a minute through for each peer. Anybody may have a key, so it keeps few of them.</summary>
internal sealed class RareLog(TimeProvider time)
{
    private const int MaxPeers = 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<PeerId, long> _last = new();

    public bool May(PeerId peer)
    {
        var now = time.GetTimestamp();
        if (_last.TryGetValue(peer, out var last))
            return time.GetElapsedTime(last, now) >= Pause && _last.TryUpdate(peer, now, last);
        if (_last.Count >= MaxPeers) Forget(now);
        return _last.Count < MaxPeers && _last.TryAdd(peer, now);
    }

    // while a flood of invented keys lasts, further ones go unlogged
    private void Forget(long now)
    {
        foreach (var (peer, last) in _last)
            if (time.GetElapsedTime(last, now) >= Pause) _last.TryRemove(peer, out _);
    }
}
