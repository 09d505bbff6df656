using System.Collections.Concurrent;

namespace PluginNode.Peering;

/// <summary>Lets one line a minute through for each key. Who is behind a key may not be proved, so it keeps few of
/// them.</summary>
internal sealed class RareLog<TKey>(TimeProvider time)
    where TKey : notnull
{
    private const int MaxPeers = 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<TKey, long> _last = new();

    public bool May(TKey key)
    {
        var now = time.GetTimestamp();
        if (_last.TryGetValue(key, out var last))
            return time.GetElapsedTime(last, now) >= Pause && _last.TryUpdate(key, now, last);
        if (_last.Count >= MaxPeers) Forget(now);
        return _last.Count < MaxPeers && _last.TryAdd(key, now);
    }

    // while a flood of invented ids lasts, further ones go unlogged
    private void Forget(long now)
    {
        foreach (var (key, last) in _last)
            if (time.GetElapsedTime(last, now) >= Pause) _last.TryRemove(key, out _);
    }
}
