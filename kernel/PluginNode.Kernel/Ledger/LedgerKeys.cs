using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Ledger;

/// <summary>What came of a key that somebody announced.</summary>
internal enum KeyLearning
{
    /// <summary>It is the one that is known for this name.</summary>
    Known,

    /// <summary>It is pinned from now on.</summary>
    Learned,

    /// <summary>Another one is known for this name: it is refused.</summary>
    OtherKey,

    /// <summary>No keys are learned, or no more of them, or it is a key that no honest node has.</summary>
    NotLearned,
}

/// <summary>
/// Who has which key, for events and sync only. The peer list's and this node's own are fixed. Others are learned,
/// where that is wanted, from the first event that its own key signed, and stay: a later different key is refused and
/// reported. A member id is claimed and signed by nobody: the first key it is claimed with, under a name that has this
/// key already, keeps it. Callable from any thread.
/// </summary>
/// <param name="peers">The peer list.</param>
/// <param name="self">This node's key.</param>
/// <param name="ownName">The name that this node's events are told under.</param>
/// <param name="learns">Whether keys are learned: <c>node.trust</c> is <c>first-use</c>.</param>
/// <param name="logger">Told of keys that are refused.</param>
internal sealed class LedgerKeys(IPeerDirectory peers, PeerId self, string ownName, bool learns, ILogger logger)
    : IEventKeys
{
    /// <summary>Most learned keys: anybody can make names and keys at will.</summary>
    public const int MostPins = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, PeerId> _pins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PeerId> _members = new(StringComparer.Ordinal);
    private List<PinnedKey> _unsaved = [];
    private long _otherKeys, _otherIds;

    /// <summary>How many keys were learned.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _pins.Count;
        }
    }

    /// <summary>How often another key than the known one was announced, since the start.</summary>
    public long OtherKeys => Interlocked.Read(ref _otherKeys);

    /// <summary>How often a member id was claimed that another key has, since the start.</summary>
    public long OtherIds => Interlocked.Read(ref _otherIds);

    /// <summary>The key of who tells events under that name; null where it is not known.</summary>
    public PeerId? KeyOf(string name)
    {
        if (name.Length == 0) return null;
        if (name == ownName) return self;
        if (peers.Find(name) is { } peer) return peer.SendOnly ? null : peer.Id;
        lock (_lock) return _pins.TryGetValue(name, out var key) ? key : null;
    }

    /// <inheritdoc/>
    public PeerId? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!learns) return null;
        lock (_lock) return _pins.TryGetValue(name, out var key) ? key : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Names()
    {
        if (!learns) return [];
        lock (_lock) return [.. _pins.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>The key of the member with that id; null where it is not known.</summary>
    public PeerId? KeyOfMember(string id)
    {
        lock (_lock) return _members.TryGetValue(id, out var key) ? key : null;
    }

    /// <summary>Whether a key may be taken from an event that it signed itself, because none is known for this name and
    /// keys are learned.</summary>
    public bool MayLearn(AnnouncedKey announced)
    {
        if (!learns || KeyOf(announced.Name) is not null || PublicKeys.Problem(announced.Key) is not null) return false;
        lock (_lock) return _pins.Count < MostPins;
    }

    /// <summary>Takes note of what a verified event announces.</summary>
    public KeyLearning Learn(AnnouncedKey announced)
    {
        var learning = Pin(announced);
        if (learning is KeyLearning.OtherKey) Report(Interlocked.Increment(ref _otherKeys), LogMessages.OtherKey);
        else if (learning is not KeyLearning.NotLearned && announced.ClaimedId.Length > 0 && !Bind(announced))
            Report(Interlocked.Increment(ref _otherIds), LogMessages.OtherId);
        return learning;
    }

    /// <summary>Takes over what the store kept; what came first stays.</summary>
    public void Restore(PinnedKeys record)
    {
        lock (_lock)
            foreach (var pinned in record.Keys)
            {
                if (pinned.Key.Length != PeerId.KeyBytes) continue;
                var key = PeerId.FromPublicKey(pinned.Key.Span);
                if (pinned.Name.Length > 0) _pins.TryAdd(pinned.Name, key);
                if (pinned.ClaimedId.Length > 0) _members.TryAdd(pinned.ClaimedId, key);
            }
    }

    /// <summary>What was learned and is not on stable storage yet; to be given back where that fails.</summary>
    public List<PinnedKey> TakeUnsaved()
    {
        lock (_lock)
        {
            var taken = _unsaved;
            _unsaved = [];
            return taken;
        }
    }

    /// <summary>The store failed: they are taken again with the next commit.</summary>
    public void GiveBack(List<PinnedKey> unsaved)
    {
        lock (_lock) _unsaved.InsertRange(0, unsaved);
    }

    // Anybody can cause them: a line for the first, the second, the fourth and so on.
    private void Report(long count, Action<ILogger, long> line)
    {
        if (long.IsPow2(count)) line(logger, count);
    }

    private KeyLearning Pin(AnnouncedKey announced)
    {
        if (announced.Name == ownName || peers.Find(announced.Name) is not null)
            return KeyOf(announced.Name) == announced.Key ? KeyLearning.Known : KeyLearning.OtherKey;
        lock (_lock)
        {
            if (_pins.TryGetValue(announced.Name, out var pinned))
                return pinned == announced.Key ? KeyLearning.Known : KeyLearning.OtherKey;
            if (!learns || _pins.Count >= MostPins || PublicKeys.Problem(announced.Key) is not null)
                return KeyLearning.NotLearned;
            _pins.Add(announced.Name, announced.Key);
            _unsaved.Add(new PinnedKey { Name = announced.Name, Key = Bytes16.Wrap(announced.Key.ToPublicKey()) });
            return KeyLearning.Learned;
        }
    }

    private bool Bind(AnnouncedKey announced)
    {
        lock (_lock)
        {
            if (_members.TryGetValue(announced.ClaimedId, out var bound)) return bound == announced.Key;
            // One that is not bound is no conflict: it is just not known.
            if (_members.Count >= MostPins || announced.ClaimedId.Length > Event.MaxNameBytes) return true;
            _members.Add(announced.ClaimedId, announced.Key);
            _unsaved.Add(new PinnedKey
            {
                ClaimedId = announced.ClaimedId, Key = Bytes16.Wrap(announced.Key.ToPublicKey()),
            });
            return true;
        }
    }
}
