namespace PluginNode.Storage;

/// <summary>
/// Gathers what one loop wants committed in one round into one batch. Owned by that loop; results come back to it, in
/// the order of the batches, by <paramref name="post"/>.
/// </summary>
internal sealed class GroupCommit(Journal journal, Action<Action> post, int maxInFlight)
{
    private const long GroupBytes = 4 << 20;

    private readonly Queue<Group> _full = new();
    private Group _gathering = new();
    private Task _last = Task.CompletedTask;
    private Task _handedOver = Task.CompletedTask;
    private int _inFlight;

    private sealed class Group
    {
        public List<Entry> Entries { get; } = [];
        public List<long> Removals { get; } = [];
        public List<Action<StoreException?>> Done { get; } = [];
        public long Bytes { get; set; }
        public bool IsEmpty => Entries.Count == 0 && Removals.Count == 0 && Done.Count == 0;
    }

    /// <summary>Adds to the batch being gathered; with nothing to commit, waits for what was added before.</summary>
    /// <param name="entries">Appended together.</param>
    /// <param name="removals">Removed with them.</param>
    /// <param name="done">Called on the loop with null when all is on stable storage, else with why it is not.</param>
    public void Add(ReadOnlySpan<Entry> entries, ReadOnlySpan<long> removals, Action<StoreException?>? done = null)
    {
        foreach (var entry in entries)
        {
            _gathering.Entries.Add(entry);
            _gathering.Bytes += entry.SealedBytes;
        }
        _gathering.Removals.AddRange(removals);
        if (done is not null) _gathering.Done.Add(done);
        if (_gathering.Bytes < GroupBytes) return;
        _full.Enqueue(_gathering);
        _gathering = new Group();
        BeginFull();
    }

    /// <summary>Called after each round of the loop: commits what was gathered, unless enough is under way.</summary>
    public void AfterRound()
    {
        BeginFull();
        if (_inFlight < maxInFlight && !_gathering.IsEmpty) BeginGathered();
    }

    /// <summary>Commits what was gathered and completes when all has ended, one way or the other. Begun on the loop,
    /// but not to be awaited there.</summary>
    public Task EndAsync()
    {
        while (_full.TryDequeue(out var group)) Begin(group);
        if (!_gathering.IsEmpty) BeginGathered();
        return _last;
    }

    private void BeginFull()
    {
        while (_inFlight < maxInFlight && _full.TryDequeue(out var group)) Begin(group);
    }

    private void BeginGathered()
    {
        Begin(_gathering);
        _gathering = new Group();
    }

    private void Begin(Group group)
    {
        _inFlight++;
        var handedOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _last = CommitAsync(group, _handedOver, handedOver, _last);
        _handedOver = handedOver.Task;
    }

    private async Task CommitAsync(Group group, Task turn, TaskCompletionSource handedOver, Task before)
    {
        await Task.Yield(); // sealing costs more than all else that the loop does: it runs beside it
        StoreException? failure = null;
        using var records = journal.Seal(group.Entries);
        await turn; // groups are sealed side by side and committed in order
        var commit = journal.CommitAsync(records, group.Removals);
        handedOver.SetResult();
        try
        {
            await commit;
        }
        catch (StoreException e)
        {
            failure = e;
        }
        await before;
        post(() =>
        {
            _inFlight--;
            foreach (var action in group.Done) action(failure);
        });
    }
}
