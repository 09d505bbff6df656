using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Peers;

/// <summary>What came of a change to a peer.</summary>
public enum PeerChange
{
    /// <summary>Done, and on stable storage.</summary>
    Done,

    /// <summary>There is no peer of that name.</summary>
    NotFound,

    /// <summary>The configuration file names this peer; it wins and is changed there.</summary>
    Configured,

    /// <summary>Another peer has this key, or this name has another key: a new key is a new peer.</summary>
    KeyInUse,

    /// <summary>The store failed; nothing was changed.</summary>
    Unavailable,
}

/// <summary>
/// The peers: those of the configuration file, which win, and those that were added at run time, which live in the
/// store. Reads are lock-free.
/// </summary>
public sealed class PeerBook : IPeerDirectory
{
    private readonly Dictionary<string, Peer> _configured;
    private readonly Dictionary<string, long> _records = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile Snapshot _now;
    private Journal? _journal;

    /// <param name="configured">The peers of the configuration file: names and keys are unique.</param>
    public PeerBook(IReadOnlyList<Peer> configured)
    {
        _configured = configured.ToDictionary(p => p.Name, StringComparer.Ordinal);
        _now = new Snapshot(configured);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Peer> All => _now.All;

    /// <inheritdoc/>
    public Peer? Find(PeerId id) => _now.ById.GetValueOrDefault(id);

    /// <inheritdoc/>
    public Peer? Find(string name) => _now.ByName.GetValueOrDefault(name);

    /// <summary>Whether the configuration file names this peer.</summary>
    public bool IsConfigured(string name) => _configured.ContainsKey(name);

    /// <summary>Whether a name may be a peer's: 1–63 characters without <c>/ + #</c> or control characters.</summary>
    public static bool IsName(string name) =>
        name.Length is >= 1 and <= 63 && !name.Any(c => c is '/' or '+' or '#' || char.IsControl(c));

    /// <summary>Adds a peer, or changes the addresses of one, or whether it is only sent to.</summary>
    /// <exception cref="ArgumentException">The name is none.</exception>
    public Task<PeerChange> PutAsync(Peer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (!IsName(peer.Name)) throw new ArgumentException($"'{peer.Name}' is no peer name.", nameof(peer));
        return ChangeAsync(() =>
        {
            if (IsConfigured(peer.Name)) return (PeerChange.Configured, null);
            if (Find(peer.Id) is { } other && other.Name != peer.Name) return (PeerChange.KeyInUse, null);
            if (Find(peer.Name) is { } same && same.Id != peer.Id) return (PeerChange.KeyInUse, null);
            return (PeerChange.Done, peer);
        });
    }

    /// <summary>Holds, or lets go, what waits for a peer. Kept over a restart, also for a configured one.</summary>
    public Task<PeerChange> PauseAsync(string name, bool paused) => ChangeAsync(() =>
        Find(name) is { } peer ? (PeerChange.Done, peer with { Paused = paused }) : (PeerChange.NotFound, null));

    internal async Task<PeerChange> RemoveAsync(string name)
    {
        await _writing.WaitAsync();
        try
        {
            if (IsConfigured(name)) return PeerChange.Configured;
            if (!_records.TryGetValue(name, out var sequence)) return PeerChange.NotFound;
            await Journal.CommitAsync([], [sequence]);
            _records.Remove(name);
            _now = new Snapshot(_now.All.Where(p => p.Name != name));
            return PeerChange.Done;
        }
        catch (StoreException)
        {
            return PeerChange.Unavailable;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Takes over what the store kept, oldest first; the configuration file wins.</summary>
    internal void Restore(Journal journal, IEnumerable<(long Sequence, StoredPeer Peer)> stored)
    {
        _journal = journal;
        var peers = _configured.Values.ToDictionary(p => p.Name, StringComparer.Ordinal);
        foreach (var (sequence, record) in stored)
        {
            if (_records.TryGetValue(record.Name, out var older)) journal.Remove(older);
            _records[record.Name] = sequence;
            var id = PeerId.FromPublicKey(record.Key.Span);
            if (_configured.TryGetValue(record.Name, out var configured))
                peers[record.Name] = configured with { Paused = record.Paused && configured.Id == id };
            else if (peers.Values.All(p => p.Id != id || p.Name == record.Name))
                peers[record.Name] = new Peer(record.Name, id, ReadAddresses(record))
                {
                    Paused = record.Paused, SendOnly = record.SendOnly,
                };
        }
        _now = new Snapshot(peers.Values);
    }

    private Journal Journal => _journal ?? throw new InvalidOperationException("The store is not open yet.");

    private async Task<PeerChange> ChangeAsync(Func<(PeerChange Result, Peer? Peer)> change)
    {
        await _writing.WaitAsync();
        try
        {
            var (result, peer) = change();
            if (peer is null) return result;
            var record = new StoredPeer
            {
                Name = peer.Name,
                Key = Bytes16.Wrap(peer.Id.ToPublicKey()),
                Paused = peer.Paused,
                SendOnly = peer.SendOnly,
            };
            record.Addresses.AddRange(peer.Addresses.Select(a => a.Text));
            var sequence = Journal.NextSequence();
            await Journal.CommitAsync(
                [new Entry(Collection.Peers, Guid.Empty, sequence, record)],
                _records.TryGetValue(peer.Name, out var older) ? [older] : []);
            _records[peer.Name] = sequence;
            _now = new Snapshot(_now.All.Where(p => p.Name != peer.Name).Append(peer));
            return PeerChange.Done;
        }
        catch (StoreException)
        {
            return PeerChange.Unavailable;
        }
        finally
        {
            _writing.Release();
        }
    }

    private static List<PeerAddress> ReadAddresses(StoredPeer record)
    {
        var addresses = new List<PeerAddress>();
        foreach (var text in record.Addresses)
            if (PeerAddress.TryParse(text, out var address)) addresses.Add(address);
        return addresses;
    }

    private sealed class Snapshot
    {
        public Snapshot(IEnumerable<Peer> peers)
        {
            All = [.. peers.OrderBy(p => p.Name, StringComparer.Ordinal)];
            ByName = All.ToDictionary(p => p.Name, StringComparer.Ordinal);
            ById = All.ToDictionary(p => p.Id);
        }

        public IReadOnlyList<Peer> All { get; }
        public Dictionary<string, Peer> ByName { get; }
        public Dictionary<PeerId, Peer> ById { get; }
    }
}
