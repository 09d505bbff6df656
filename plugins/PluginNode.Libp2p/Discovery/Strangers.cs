using PluginNode.Identity;

namespace PluginNode.Libp2p.Discovery;

/// <summary>Who was found and is not in the peer list, so that each is proposed once. Who fills it with invented ones
/// gets a few lines a minute, and no more once it is full. For one thread at a time.</summary>
internal sealed class Strangers(TimeProvider time)
{
    /// <summary>Those that are remembered.</summary>
    public const int Most = 1024;

    /// <summary>Those that are proposed in a minute.</summary>
    public const int MostAMinute = 10;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly HashSet<PeerId> _proposed = [];
    private long _since;
    private int _count;

    /// <summary>Whether to propose it now; one that is put off may come again.</summary>
    public bool May(PeerId peer)
    {
        if (_proposed.Count == Most || _proposed.Contains(peer)) return false;
        if (_count == 0 || time.GetElapsedTime(_since) >= Minute) (_since, _count) = (time.GetTimestamp(), 0);
        if (_count == MostAMinute) return false;
        _count++;
        return _proposed.Add(peer);
    }
}
