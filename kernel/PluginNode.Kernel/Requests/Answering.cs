using PluginNode.Identity;
using PluginNode.Recovery;
using PluginNode.Transports;

namespace PluginNode.Requests;

/// <summary>What answers one protocol, and how many calls of it are under way. A call counts until it really came back:
/// an answerer that hangs uses up its own places, and nobody else's. Callable from any thread.</summary>
internal sealed class Answering
{
    private const int MostOfPeer = 16;
    private const int MostOfAll = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, int> _inside = [];
    private int _all;

    /// <exception cref="ArgumentException">What it says of itself cannot be.</exception>
    public Answering(IRequestAnswerer answerer, string owner)
    {
        ArgumentNullException.ThrowIfNull(answerer);
        (Protocol, MaxRequestBytes) = (answerer.Protocol, answerer.MaxRequestBytes);
        if (!PeerRequest.IsProtocol(Protocol))
            throw new ArgumentException($"'{Protocol}' is no name of a protocol.", nameof(answerer));
        ArgumentOutOfRangeException.ThrowIfNegative(MaxRequestBytes, nameof(answerer));
        It = new Owned<IRequestAnswerer>(answerer, owner, "request answerer", 0);
    }

    public Owned<IRequestAnswerer> It { get; }

    public string Protocol { get; }

    public int MaxRequestBytes { get; }

    /// <summary>False: there are too many. Each true needs one <see cref="Leave"/>.</summary>
    public bool TryEnter(PeerId peer)
    {
        lock (_lock)
        {
            var inside = _inside.GetValueOrDefault(peer);
            if (inside == MostOfPeer || _all == MostOfAll) return false;
            _inside[peer] = inside + 1;
            _all++;
            return true;
        }
    }

    public void Leave(PeerId peer)
    {
        lock (_lock)
        {
            _all--;
            if (--_inside[peer] == 0) _inside.Remove(peer);
        }
    }
}
