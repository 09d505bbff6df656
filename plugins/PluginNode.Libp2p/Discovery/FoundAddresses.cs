using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;

namespace PluginNode.Libp2p.Discovery;

/// <summary>
/// Where peers of the peer list are said to be, beside the addresses that are configured. In memory alone, until its
/// time is up or eight newer ones of the peer have come. All members may be called from any thread.
/// </summary>
internal sealed class FoundAddresses(TimeProvider time)
{
    /// <summary>Addresses of one peer.</summary>
    public const int MostOfAPeer = 8;

    // Who tells less or more is taken for having said so: else it could make this node ask all the time.
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(2), Most = TimeSpan.FromMinutes(75);

    // When it is asked whether an address still holds, as a part of its time (RFC 6762, section 5.2).
    private static readonly double[] AskAgain = [0.8, 0.9];

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Dictionary<Multiaddr, Entry>> _peers = [];

    /// <summary>Takes an address, again or for the first time; one without time is forgotten.</summary>
    /// <returns>Whether it was not there.</returns>
    public bool Add(FoundAddress found)
    {
        lock (_gate)
        {
            Forget();
            if (found.Ttl <= TimeSpan.Zero)
            {
                if (_peers.TryGetValue(found.Peer, out var known)) known.Remove(found.Address);
                return false;
            }
            if (!_peers.TryGetValue(found.Peer, out var addresses)) _peers.Add(found.Peer, addresses = []);
            var isNew = !addresses.Remove(found.Address);
            if (addresses.Count == MostOfAPeer) addresses.Remove(addresses.MinBy(a => a.Value.Heard).Key);
            var life = found.Ttl < Least ? Least : found.Ttl > Most ? Most : found.Ttl;
            addresses.Add(found.Address, new Entry(time.GetTimestamp(), life));
            return isNew;
        }
    }

    /// <summary>A peer's addresses, the one that was heard of last first.</summary>
    public IReadOnlyList<Multiaddr> Of(PeerId peer)
    {
        lock (_gate)
        {
            Forget();
            return _peers.TryGetValue(peer, out var addresses)
                ? [.. addresses.OrderByDescending(a => a.Value.Heard).Select(a => a.Key)] : [];
        }
    }

    /// <summary>How long until it is to be asked whether one of them still holds; not at all: infinite.</summary>
    public TimeSpan UntilAsking
    {
        get
        {
            lock (_gate)
            {
                Forget();
                var entries = _peers.Values.SelectMany(a => a.Values).Where(e => e.Asked < AskAgain.Length).ToList();
                return entries.Count == 0 ? TimeSpan.MaxValue : entries.Min(UntilAskingFor);
            }
        }
    }

    /// <summary>It was asked just now.</summary>
    public void Asking()
    {
        lock (_gate)
            foreach (var entry in _peers.Values.SelectMany(a => a.Values))
                while (entry.Asked < AskAgain.Length && UntilAskingFor(entry) <= TimeSpan.Zero) entry.Asked++;
    }

    private TimeSpan UntilAskingFor(Entry entry) =>
        (entry.Life * AskAgain[entry.Asked]) - time.GetElapsedTime(entry.Heard);

    private void Forget()
    {
        foreach (var (peer, addresses) in _peers)
        {
            foreach (var (address, entry) in addresses)
                if (time.GetElapsedTime(entry.Heard) >= entry.Life) addresses.Remove(address);
            if (addresses.Count == 0) _peers.Remove(peer);
        }
    }

    private sealed class Entry(long heard, TimeSpan life)
    {
        public long Heard => heard;

        public TimeSpan Life => life;

        public int Asked { get; set; }
    }
}
