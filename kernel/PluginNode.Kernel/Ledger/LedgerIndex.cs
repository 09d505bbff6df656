using System.Diagnostics.CodeAnalysis;
using PluginNode.Events;
using PluginNode.Plugins;
using PluginNode.Recovery;

namespace PluginNode.Ledger;

/// <summary>What came of adding an event.</summary>
internal enum Addition
{
    /// <summary>It is there now.</summary>
    Added,

    /// <summary>It, or what its voters vouch for, was there.</summary>
    Duplicate,

    /// <summary>The ledger is full of more important or newer ones.</summary>
    Pruned,
}

/// <summary>
/// The ledger in memory: verified events, found in every way that is asked for, and bounded. Written by one loop at a
/// time, read from any thread; what is done under the lock is bounded by what is asked for, not by what is there.
/// <para>What it holds follows from what it was given, in whatever order: of each bounded group the first by rank, of
/// critical events at most three quarters of its capacity, and then the first by rank (importance, then time). So what
/// was pruned needs no memory: it would be the first to go again. Order does make a difference for copies: of one
/// attestation the first that came stays, because voters sign neither its time nor its name; of one id told by several
/// emitters the one who did it, else the first. And where the bound on critical events takes one from a group that is
/// full, what had to leave that group for it before is not back until it is told again.</para>
/// </summary>
/// <param name="capacity">Most events, at least 4.</param>
/// <param name="chance">For samples.</param>
/// <param name="mostBytes">Most bytes of memory for them, roughly. What is pruned for this may come back where smaller
/// ones left room for it.</param>
internal sealed class LedgerIndex(int capacity, IChance chance, long mostBytes = long.MaxValue) : ILedger
{
    private readonly Lock _lock = new();
    private readonly int _mostCritical = capacity / 4 * 3;
    private readonly Dictionary<EventId, LedgerEntry> _byId = [];
    private readonly HashSet<UInt128> _attestations = [];
    private readonly Shelves _shelves = new();
    private readonly LedgerDays _days = new();
    private readonly LedgerBounds _bounds = new();
    private long _bytes;

    /// <inheritdoc/>
    public int Count
    {
        get
        {
            lock (_lock) return _byId.Count;
        }
    }

    /// <summary>Bytes of memory that the events take, roughly.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _bytes;
        }
    }

    /// <summary>Whether there is no room for more without something having to leave.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
                return _byId.Count >= capacity || _bytes >= mostBytes / 100 * 99
                    || CountOf(EventImportance.Critical) >= _mostCritical;
        }
    }

    /// <summary>Most events.</summary>
    public int Capacity => capacity;

    /// <summary>What is held of each service, in ordinal order.</summary>
    public IReadOnlyList<ServiceCoverage> Services()
    {
        lock (_lock)
            return [.. _shelves.Services.Select(s =>
                new ServiceCoverage(s.Service, s.All.Count, s.All.First.Timestamp, s.All.Last.Timestamp))];
    }

    /// <summary>How many entries the last query looked at.</summary>
    public int LastSteps { get; private set; }

    /// <inheritdoc/>
    public LedgerPage Read(LedgerQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > LedgerQuery.MostEvents)
            throw new ArgumentException($"A limit is 1 to {LedgerQuery.MostEvents}, not {query.Limit}.", nameof(query));
        if (query.Since < 0) throw new ArgumentException("A timestamp is not negative.", nameof(query));
        var (index, of) = query.Slice;
        if (of < 1 || index < 0 || index >= of)
            throw new ArgumentException($"There is no slice {index} of {of}.", nameof(query));
        lock (_lock)
        {
            if (query.Mode == LedgerMode.Sample)
            {
                var sampler = new LedgerSampler(_shelves, query, chance);
                var sample = sampler.Sample();
                LastSteps = sampler.Steps;
                return sample;
            }
            var reader = new LedgerReader(_shelves, query);
            var page = query.Mode switch
            {
                LedgerMode.Page => reader.Page(),
                LedgerMode.Recent => reader.Recent(),
                LedgerMode.Slice => reader.Slice(),
                _ => throw new ArgumentException($"There is no mode {query.Mode}.", nameof(query)),
            };
            LastSteps = reader.Steps;
            return page;
        }
    }

    /// <inheritdoc/>
    public Event? Find(EventId id)
    {
        lock (_lock) return _byId.GetValueOrDefault(id)?.Event;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Subjects()
    {
        lock (_lock) return [.. _shelves.Subjects];
    }

    /// <inheritdoc/>
    public IReadOnlyList<LedgerDay> Days()
    {
        lock (_lock) return _days.All;
    }

    /// <summary>Whether an event adds nothing to what is here: the one of its id is told by who did it, or by the same
    /// emitter, or this one is not told by who did it either.</summary>
    public bool Has(EventId id, string emitter)
    {
        lock (_lock)
            return _byId.TryGetValue(id, out var held) && (held.Event.Emitter == emitter || held.IsFirstHand
                || emitter != held.Actor);
    }

    /// <summary>What would become of an event if it were added now; for who has still to check signatures.</summary>
    public Addition Foresee(LedgerEntry entry)
    {
        lock (_lock)
        {
            if (IsDuplicate(entry, out _)) return Addition.Duplicate;
            return _bounds.Refuses(entry) || IsBeyond(entry) ? Addition.Pruned : Addition.Added;
        }
    }

    /// <summary>Adds a verified event.</summary>
    /// <param name="entry">It.</param>
    /// <param name="leaving">Receives those that leave for it; itself, where it is pruned at once.</param>
    public Addition Add(LedgerEntry entry, ICollection<LedgerEntry> leaving)
    {
        lock (_lock)
        {
            if (IsDuplicate(entry, out var second)) return Addition.Duplicate;
            if (second is not null) Leave(second, leaving);
            Enter(entry);
            foreach (var bound in entry.Bounds)
                if (_bounds.Excess(entry.Event.Service, bound) is { } excess && Leave(excess, leaving) == entry)
                    return Addition.Pruned;
            while (Excess() is { } excess)
                if (Leave(excess, leaving) == entry) return Addition.Pruned;
            return Addition.Added;
        }
    }

    private bool IsDuplicate(LedgerEntry entry, out LedgerEntry? secondHand)
    {
        secondHand = null;
        if (entry.Attestation != 0 && _attestations.Contains(entry.Attestation)) return true;
        if (!_byId.TryGetValue(entry.Event.Id, out var held)) return false;
        // An id says nothing of who tells it: anybody may sign what another did, and came first perhaps.
        if (held.IsFirstHand || !entry.IsFirstHand || entry.Attestation != 0) return true;
        secondHand = held;
        return false;
    }

    private LedgerEntry? Excess()
    {
        if (CountOf(EventImportance.Critical) > _mostCritical) return FirstOf(EventImportance.Critical);
        return _byId.Count > capacity || _bytes > mostBytes ? Lowest() : null;
    }

    private bool IsBeyond(LedgerEntry entry)
    {
        if (entry.Importance == EventImportance.Critical)
            return CountOf(EventImportance.Critical) >= _mostCritical
                && LedgerKey.Compare(entry, FirstOf(EventImportance.Critical)) < 0;
        var isFull = _byId.Count >= capacity || (_byId.Count > 0 && _bytes + entry.Bytes > mostBytes);
        return isFull && RankOrder.Instance.Compare(entry, Lowest()) < 0;
    }

    private int CountOf(EventImportance importance) => _shelves.All.Of(importance)?.Count ?? 0;

    private LedgerEntry FirstOf(EventImportance importance) => _shelves.All.Of(importance)!.First;

    private LedgerEntry Lowest()
    {
        var importance = EventImportance.Fleeting;
        while (CountOf(importance) == 0) importance++;
        return FirstOf(importance);
    }

    private void Enter(LedgerEntry entry)
    {
        _byId.Add(entry.Event.Id, entry);
        _bytes += entry.Bytes;
        if (entry.Attestation != 0) _attestations.Add(entry.Attestation);
        _shelves.Add(entry);
        _days.Add(entry);
        _bounds.Add(entry);
    }

    private LedgerEntry Leave(LedgerEntry entry, ICollection<LedgerEntry> leaving)
    {
        _byId.Remove(entry.Event.Id);
        _bytes -= entry.Bytes;
        if (entry.Attestation != 0) _attestations.Remove(entry.Attestation);
        _shelves.Remove(entry);
        _days.Remove(entry);
        _bounds.Remove(entry);
        leaving.Add(entry);
        return entry;
    }
}
