using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>One run of a strategy: merges for it and counts what it does. Over when the run is: a strategy that was
/// left behind merges nothing more.</summary>
internal sealed class SyncSession : ISyncSession
{
    private readonly EventIntake _intake;
    private readonly TimeProvider _time;
    private readonly Action _told;
    private readonly long _began;
    private readonly Lock _lock = new();
    private readonly SyncTally _all = new();
    private readonly Dictionary<PeerId, SyncTally> _tallies;
    private readonly Dictionary<PeerId, ToldDay> _days;
    private readonly HashSet<PeerId> _unmerged = [];
    private long _calls, _events, _bytes, _expected, _progressed;
    private volatile bool _ended;

    /// <param name="plan">What is wanted.</param>
    /// <param name="intake">Where events go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="told">Called, from any thread, when there is progress.</param>
    public SyncSession(SyncPlan plan, EventIntake intake, TimeProvider time, Action told)
    {
        (Plan, _intake, _time, _told) = (plan, intake, time, told);
        (_began, _progressed) = (time.GetTimestamp(), time.GetTimestamp());
        BeganAt = time.GetUtcNow();
        _tallies = plan.Neighbours.ToDictionary(n => n.Id, _ => new SyncTally());
        _days = plan.Neighbours.Where(n => n.Since > 0).ToDictionary(n => n.Id, n => new ToldDay(n.Since));
    }

    /// <inheritdoc/>
    public SyncPlan Plan { get; }

    /// <summary>When it began, by the wall clock.</summary>
    public DateTimeOffset BeganAt { get; }

    /// <summary>How long it has been under way.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>How long nothing came of it: no call ended, and nothing was merged.</summary>
    public TimeSpan Idle => _time.GetElapsedTime(Interlocked.Read(ref _progressed));

    /// <summary>How far it has come.</summary>
    public SyncProgress Progress
    {
        get
        {
            var (events, expected) = (Interlocked.Read(ref _events), Interlocked.Read(ref _expected));
            var seconds = Elapsed.TotalSeconds;
            var rate = seconds > 0 ? events / seconds : 0;
            var left = rate > 0 && expected > 0 ? Math.Max(0, expected - events) / rate : (double?)null;
            return new SyncProgress(
                Interlocked.Read(ref _calls), events, Interlocked.Read(ref _bytes), expected > 0 ? expected : null,
                rate,
                left is { } s && s < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(s) : null);
        }
    }

    /// <inheritdoc/>
    public async Task<MergeReport> MergeAsync(
        Neighbour from, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(events);
        var tally = Of(from);
        ThrowIfEnded();
        MergeReport report;
        try
        {
            Action<Event>? told = ToldOf(from.Id) is { } day ? day.Add : null;
            report = await _intake.MergeAsync(from.Name, events, cancellation, told);
        }
        catch
        {
            lock (_lock) _unmerged.Add(from.Id); // whatever the strategy says, it was not read to its end
            throw;
        }
        lock (_lock)
        {
            tally.Add(report);
            _all.Add(report);
        }
        Interlocked.Add(ref _events, report.Received);
        Progressed();
        return report;
    }

    /// <inheritdoc/>
    public void Called(NeighbourCall call)
    {
        var tally = Of(call.Neighbour);
        ThrowIfEnded();
        lock (_lock)
        {
            tally.Add(call);
            _all.Add(call);
        }
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _bytes, Math.Max(0, call.Bytes));
        Progressed();
    }

    /// <inheritdoc/>
    public void Expect(long events)
    {
        Interlocked.Exchange(ref _expected, events);
        _told();
    }

    /// <summary>Nothing is taken any more.</summary>
    public void End() => _ended = true;

    /// <summary>What was counted, in all.</summary>
    public SyncCounts Counts => Locked(() => _all.Counts);

    /// <summary>The same by neighbour, those that were asked, in the order of the plan.</summary>
    public IReadOnlyList<NeighbourSync> Neighbours => Locked(() => Plan.Neighbours
        .Select(n => (n.Name, Tally: _tallies[n.Id])).Where(n => n.Tally.Asked)
        .Select(n => new NeighbourSync(n.Name, n.Tally.Counts, n.Tally.LastFailure)).ToList());

    /// <summary>Whether this neighbour was asked.</summary>
    public bool Asked(PeerId neighbour) => Locked(() => _tallies[neighbour].Asked);

    /// <summary>Whether this neighbour answered a call.</summary>
    public bool Answered(PeerId neighbour) => Locked(() => _tallies[neighbour].Answered);

    /// <summary>Whether this neighbour answered nothing, because it does not know this node.</summary>
    public bool Refuses(PeerId neighbour) => Locked(() => _tallies[neighbour].Refuses);

    /// <summary>What this neighbour told of the day on which reading it began; null where it was read from the
    /// beginning.</summary>
    public ToldDay? ToldOf(PeerId neighbour) => _days.GetValueOrDefault(neighbour);

    /// <summary>How many new events this neighbour told.</summary>
    public long MergedFrom(PeerId neighbour) => Locked(() => _tallies[neighbour].Counts.Merged);

    /// <summary>Whether all that this neighbour told could be merged.</summary>
    public bool MergedAllOf(PeerId neighbour) => Locked(() => !_unmerged.Contains(neighbour));

    /// <summary>Whether something of what it told may be merged when other keys are known. What waits already counts
    /// as a duplicate where another one tells it: so it does while anything waits.</summary>
    public bool Undecided(PeerId neighbour) =>
        _intake.Pending.Count > 0 || Locked(() => _tallies[neighbour].Undecided);

    private T Locked<T>(Func<T> read)
    {
        lock (_lock) return read();
    }

    private SyncTally Of(Neighbour neighbour) => _tallies.TryGetValue(neighbour.Id, out var tally)
        ? tally
        : throw new ArgumentException($"'{neighbour.Name}' is no neighbour of this plan.", nameof(neighbour));

    private void ThrowIfEnded()
    {
        if (_ended) throw new InvalidOperationException("This run of the strategy has ended.");
    }

    private void Progressed()
    {
        Interlocked.Exchange(ref _progressed, _time.GetTimestamp());
        _told();
    }
}
