using System.Collections.Concurrent;
using PluginNode.Identity;

namespace PluginNode.MeshHttp.Server;

/// <summary>What one peer may ask for: so many calls under way, and so many a second over two seconds, so that whoever
/// syncs costs the others nothing that they would notice.</summary>
internal sealed class CallLimits(int perSecond, TimeProvider time)
{
    /// <summary>Calls of one peer under way; as many as a nara peer makes at once.</summary>
    public const int AtOnce = 10;

    private readonly ConcurrentDictionary<PeerId, Caller> _callers = new();

    /// <summary>False: it is too much now. Each true needs one <see cref="Leave"/>.</summary>
    public bool TryEnter(PeerId peer) => Of(peer).TryEnter(perSecond, time);

    public void Leave(PeerId peer) => Of(peer).Leave();

    private Caller Of(PeerId peer) => _callers.GetOrAdd(peer, static _ => new Caller());

    private sealed class Caller
    {
        private readonly Lock _lock = new();
        private double _used;
        private long _last;
        private int _inside;

        public bool TryEnter(int perSecond, TimeProvider time)
        {
            var now = time.GetTimestamp();
            lock (_lock)
            {
                _used = Math.Max(0, _used - (perSecond * time.GetElapsedTime(_last, now).TotalSeconds));
                _last = now;
                if (_inside >= AtOnce || _used + 1 > 2 * perSecond) return false;
                _used++;
                _inside++;
                return true;
            }
        }

        public void Leave()
        {
            lock (_lock) _inside--;
        }
    }
}
