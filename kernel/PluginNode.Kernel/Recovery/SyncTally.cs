using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>Counts for one neighbour, or for all together. Owned by who holds the session's lock.</summary>
internal sealed class SyncTally
{
    private readonly SortedDictionary<EventVerdict, long> _rejected = [];
    private bool _unknownThere;
    private long _calls, _failures, _received, _merged, _duplicates, _pending, _pruned, _freed, _bytes;

    /// <summary>Whether it was called, or told something unasked.</summary>
    public bool Asked => _calls > 0 || _received > 0;

    /// <summary>Whether a call was answered.</summary>
    public bool Answered => _calls > _failures;

    /// <summary>Whether something that was told may be merged when other keys are known.</summary>
    public bool Undecided => _pending > 0 || _rejected.ContainsKey(EventVerdict.UnknownKey)
        || _rejected.ContainsKey(EventVerdict.OtherKey) || _rejected.ContainsKey(EventVerdict.WrongSignature);

    public string? LastFailure { get; private set; }

    /// <summary>Whether it answered nothing, and said at last that it does not know this node.</summary>
    public bool Refuses => _unknownThere && !Answered;

    public SyncCounts Counts => new()
    {
        Calls = _calls, Failures = _failures, Received = _received, Merged = _merged, Duplicates = _duplicates,
        Pending = _pending, Pruned = _pruned, Freed = _freed, Bytes = _bytes,
        Rejected = new SortedDictionary<EventVerdict, long>(_rejected),
    };

    public void Add(NeighbourCall call)
    {
        _calls++;
        _bytes += Math.Max(0, call.Bytes);
        if (call.Failure is null) return;
        _failures++;
        LastFailure = call.Failure;
        _unknownThere = call.IsUnknownThere;
    }

    public void Add(MergeReport report)
    {
        _received += report.Received;
        _merged += report.Merged;
        _duplicates += report.Duplicates;
        _pending += report.Pending;
        _pruned += report.Pruned;
        _freed += report.Freed;
        foreach (var (verdict, count) in report.Rejected)
            _rejected[verdict] = _rejected.GetValueOrDefault(verdict) + count;
    }
}
