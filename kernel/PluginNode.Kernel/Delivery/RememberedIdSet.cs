using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>What became of a message whose id its caller chose.</summary>
internal readonly record struct Remembered(UInt128 Digest, MessageState State, bool Stable);

/// <summary>
/// Ids that callers gave, after their messages ended: durable for the duplicate window, so that sending again after a
/// restart is still recognised. Writing the id and removing the message is one commit. Owned by the delivery loop.
/// </summary>
internal sealed class RememberedIdSet(Journal journal, TimeSpan window, int most)
{
    private const int IdsInRecord = 500;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    private readonly Dictionary<Guid, Remembered> _ids = [];
    private readonly SortedDictionary<long, (long Newest, Guid[] Ids)> _records = [];
    private readonly CarryList<RememberedIds> _small = new();
    private Dictionary<Guid, Pending> _new = [];
    private long _notBefore;
    private bool _awaited;

    /// <summary>An id that is not on the disk yet, with the records that go when it is.</summary>
    private sealed record Pending(RememberedId Id, long[] Records)
    {
        public Action<StoreException?>? Done { get; set; }
    }

    public Remembered? Find(Guid id) => _ids.TryGetValue(id, out var remembered) ? remembered : null;

    public void Add(Message message, long now)
    {
        _ids[message.Id] = new Remembered(message.Digest, message.State, message.Stored);
        var id = new RememberedId
        {
            Id = Bytes16.Write(message.Id),
            Digest = Bytes16.Write(message.Digest),
            At = now,
            State = (int)message.State,
            Stable = message.Stored,
        };
        _new[message.Id] = new Pending(id, message.Stored ? [message.Sequence, message.Mark] : []);
    }

    /// <summary>Tells when an id that was added is on stable storage, or why it is not: then it is tried again, and
    /// nobody is told.</summary>
    public void WhenKept(Guid id, GroupCommit commits, Action<StoreException?> done)
    {
        if (_new.TryGetValue(id, out var pending))
        {
            pending.Done += done;
            _awaited = true;
            return;
        }
        commits.Add([], [], _ => // behind the commit that it may be part of
        {
            if (_new.ContainsKey(id)) WhenKept(id, commits, done);
            else done(null);
        });
    }

    public void Restore(long sequence, RememberedIds record)
    {
        foreach (var id in record.Ids)
            _ids[Bytes16.ReadId(id.Id)] = new Remembered(Bytes16.Read(id.Digest), (MessageState)id.State, id.Stable);
        Track(sequence, record);
    }

    /// <summary>Adds what is new to the batch being gathered, and drops what is older than the window.</summary>
    /// <param name="commits">The batch.</param>
    /// <param name="clock">Node time.</param>
    /// <param name="last">The node stops: also what a failed store made wait.</param>
    public void CommitTo(GroupCommit commits, NodeClock clock, bool last = false)
    {
        if (last || _awaited || clock.Now >= _notBefore)
        {
            foreach (var part in _new.Values.Chunk(IdsInRecord)) Commit(part, commits, clock);
            _new = [];
            _awaited = false;
        }
        while (_records.Count > 0 && _records.First() is var (sequence, oldest) && Outdated(oldest, clock))
        {
            foreach (var id in oldest.Ids) _ids.Remove(id);
            _records.Remove(sequence);
            _small.Forget(sequence);
            journal.Remove(sequence);
        }
    }

    private bool Outdated((long Newest, Guid[] Ids) record, NodeClock clock) =>
        _ids.Count - record.Ids.Length >= most || (!clock.Held && record.Newest < clock.Now - window.Ticks);

    private void Commit(Pending[] part, GroupCommit commits, NodeClock clock)
    {
        var record = new RememberedIds();
        record.Ids.AddRange(part.Select(p => p.Id));
        var merged = _small.Take(record.CalculateSize());
        foreach (var (_, older) in merged) record.Ids.AddRange(older.Ids);
        var sequence = journal.NextSequence();
        commits.Add(
            [new Entry(Collection.RememberedIds, Guid.Empty, sequence, record)],
            [.. part.SelectMany(p => p.Records).Where(r => r != 0), .. merged.Select(m => m.Sequence)],
            failure =>
            {
                foreach (var (older, content) in merged)
                {
                    if (failure is null) _records.Remove(older);
                    else _small.Put(older, content);
                }
                if (failure is null) Track(sequence, record);
                else Again(part, clock);
                foreach (var pending in part) pending.Done?.Invoke(failure);
            });
    }

    /// <summary>The messages are still in the store too: a crash now forgets nothing. The node's tick comes
    /// back.</summary>
    private void Again(Pending[] part, NodeClock clock)
    {
        foreach (var pending in part)
            _new.TryAdd(Bytes16.ReadId(pending.Id.Id), pending with { Done = null });
        _notBefore = clock.Now + RetryAfter.Ticks;
    }

    private void Track(long sequence, RememberedIds record)
    {
        _records[sequence] = (record.Ids.Max(i => (long?)i.At) ?? 0, [.. record.Ids.Select(i => Bytes16.ReadId(i.Id))]);
        _small.Put(sequence, record);
    }
}
