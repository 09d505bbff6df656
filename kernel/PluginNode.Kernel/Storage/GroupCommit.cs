namespace PluginNode.Storage;

/// <summary>
/// Gathers what one loop wants committed in one round into one batch. Owned by that loop; results come back to it, in
/// the order of the batches, by <paramref name="post"/>.
/// </summary>
internal sealed class GroupCommit(Journal journal, Action<Action> post, int maxInFlight)
{
    private const long GroupBytes = 4 << 20;

    private List<Entry> _entries = [];
    private List<long> _removals = [];
    private List<Action<StoreException?>> _done = [];
    private long _bytes;
    private Task _last = Task.CompletedTask;

    public int InFlight { get; private set; }

    /// <summary>Adds to the batch being gathered.</summary>
    /// <param name="entries">Appended together.</param>
    /// <param name="removals">Removed with them.</param>
    /// <param name="done">Called on the loop with null when all is on stable storage, else with why it is not.</param>
    public void Add(ReadOnlySpan<Entry> entries, ReadOnlySpan<long> removals, Action<StoreException?>? done = null)
    {
        foreach (var entry in entries)
        {
            _entries.Add(entry);
            _bytes += entry.Body.Length + 256;
        }
        foreach (var removal in removals) _removals.Add(removal);
        if (done is not null) _done.Add(done);
        if (_bytes >= GroupBytes && InFlight < maxInFlight) Begin();
    }

    /// <summary>Called after each round of the loop: commits what was gathered, unless enough is under way.</summary>
    public void AfterRound()
    {
        if (InFlight < maxInFlight && (_entries.Count > 0 || _removals.Count > 0)) Begin();
    }

    /// <summary>Commits what was gathered and completes when all has ended, one way or the other. Begun on the loop, but
    /// not to be awaited there.</summary>
    public Task EndAsync()
    {
        if (_entries.Count > 0 || _removals.Count > 0) Begin();
        return _last;
    }

    private void Begin()
    {
        var (entries, removals, done) = (_entries, _removals, _done);
        (_entries, _removals, _done, _bytes) = ([], [], [], 0);
        InFlight++;
        _last = CommitAsync(entries, removals, done, _last);
    }

    private async Task CommitAsync(
        List<Entry> entries, List<long> removals, List<Action<StoreException?>> done, Task before)
    {
        StoreException? failure = null;
        try
        {
            await journal.CommitAsync(entries, removals);
        }
        catch (StoreException e)
        {
            failure = e;
        }
        await before;
        post(() =>
        {
            InFlight--;
            foreach (var action in done) action(failure);
        });
    }
}
