using PluginNode.Events;
using PluginNode.Storage;

namespace PluginNode.Ledger;

/// <summary>
/// The one way into the ledger for events of others. Callable from any thread, several merges at once.
/// <code>
/// JSON ──► decoded ──► of an id that is here? duplicate
///      ──► content and id, time, room in the ledger, signatures: on all cores, dearest last
///      ──► key unknown? pending until it is known ──► one commit ──► ledger
/// </code>
/// Times further ahead of the clock than five minutes are refused, also while the clock is in doubt: what was refused
/// is told again, what was merged can't be taken back.
/// </summary>
public sealed class EventIntake
{
    private const string Voters = ""; // what events of voters wait for

    private readonly EventCodec _codec;
    private readonly EventKinds _kinds;
    private readonly LedgerIndex _index;
    private readonly LedgerLoop _loop;
    private readonly LedgerKeys _keys;
    private readonly ISignatureChecks _checks;
    private readonly TimeProvider _time;

    internal EventIntake(
        EventKinds kinds, LedgerIndex index, LedgerLoop loop, LedgerKeys keys, ISignatureChecks checks,
        TimeProvider time)
    {
        (_kinds, _index, _loop, _keys, _checks, _time) = (kinds, index, loop, keys, checks, time);
        _codec = new EventCodec(kinds);
    }

    /// <summary>How far ahead of the clock an event may be.</summary>
    public static TimeSpan MostAhead { get; } = TimeSpan.FromMinutes(5);

    /// <summary>What was kept out.</summary>
    public IntakeCounters Counters { get; } = new();

    /// <summary>What waits for keys.</summary>
    internal PendingEvents Pending { get; init; } = new(new PendingLimits());

    /// <summary>Where unsigned events go; null: nowhere.</summary>
    internal Hearsay? Hearsay { get; init; }

    /// <summary>Decodes, verifies and merges. Nothing that stands in the events throws; the report conserves.</summary>
    /// <param name="neighbour">Who told them, as it is to be counted.</param>
    /// <param name="events">Each one JSON object; not looked at any more when the call has returned its task.</param>
    /// <param name="cancellation">Gives up where nothing of it was begun to be merged.</param>
    /// <param name="told">Called, before this returns, with each that is an event by its form.</param>
    /// <exception cref="StoreException">The store failed: nothing was merged. A retry is safe.</exception>
    public Task<MergeReport> MergeAsync(
        string neighbour, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellation,
        Action<Event>? told = null)
    {
        ArgumentNullException.ThrowIfNull(events);
        var merge = new Merge(this, neighbour, events.Count);
        foreach (var json in events)
        {
            var decoded = _codec.Decode(json.Span);
            if (decoded.Event is { } @event) told?.Invoke(@event);
            merge.Take(decoded);
        }
        return RunAsync(merge, cancellation);
    }

    /// <summary>Verifies and merges what is decoded already.</summary>
    /// <inheritdoc cref="MergeAsync(string, IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken, Action{Event})"/>
    public Task<MergeReport> MergeAsync(string neighbour, IReadOnlyList<Event> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(events);
        var merge = new Merge(this, neighbour, events.Count);
        foreach (var @event in events) merge.Take(new EventDecoding(@event, EventVerdict.Valid, null));
        return RunAsync(merge, cancellation);
    }

    /// <summary>Looks again at what waits for keys that are known by now: to be called when a peer was
    /// added.</summary>
    /// <exception cref="StoreException">The store failed; they are told again some time.</exception>
    public Task<MergeReport> RecheckAsync(CancellationToken cancellation)
    {
        var merge = new Merge(this, "", 0);
        foreach (var emitter in Pending.Emitters)
            if (emitter == Voters || _keys.KeyOf(emitter) is not null) merge.TakeWaiting(emitter);
        return RunAsync(merge, cancellation);
    }

    private async Task<MergeReport> RunAsync(Merge merge, CancellationToken cancellation)
    {
        while (merge.Next() is { Count: > 0 } candidates)
        {
            cancellation.ThrowIfCancellationRequested();
            var latest = (_time.GetUtcNow() + MostAhead - DateTimeOffset.UnixEpoch).Ticks * 100;
            await _checks.RunAsync(candidates.Count, i =>
            {
                var candidate = candidates[i];
                candidate.Examine(_kinds.Of(candidate.Event.Service), _keys, _index, latest);
            });
            merge.Settle(candidates);
        }
        if (!merge.HasVerified) return merge.Report(default, default);
        // Both are asked for at once, to be one commit.
        var (fresh, freed) = (_loop.MergeAsync(merge.Fresh), _loop.MergeAsync(merge.Freed));
        return merge.Report(await fresh, await freed);
    }

    /// <summary>One call's events.</summary>
    private sealed class Merge(EventIntake intake, string neighbour, int received)
    {
        private readonly Dictionary<EventId, Event> _seen = [];
        private readonly Dictionary<EventVerdict, int> _rejected = [];
        private List<Candidate> _next = [];
        private int _duplicates, _pending, _pruned;
        private bool _learned;

        public List<LedgerEntry> Fresh { get; } = [];

        public List<LedgerEntry> Freed { get; } = [];

        public bool HasVerified => Fresh.Count > 0 || Freed.Count > 0 || _learned;

        public void Take(EventDecoding decoded)
        {
            if (decoded.Event is not { } @event) Reject(neighbour, decoded.Verdict, counts: true);
            else if (intake._index.Has(@event.Id, @event.Emitter) || IsRepeated(@event)) _duplicates++;
            else _next.Add(new Candidate(@event, neighbour, HasWaited: false));
        }

        public void TakeWaiting(string emitter) => _next.AddRange(
            intake.Pending.Take(emitter).Select(p => new Candidate(p.Event, p.Neighbour, HasWaited: true)));

        public List<Candidate> Next()
        {
            var next = _next;
            _next = [];
            return next;
        }

        public void Settle(List<Candidate> candidates)
        {
            var unknown = new List<Candidate>();
            var learned = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var candidate in candidates)
            {
                var verdict = candidate.Check.Verdict;
                if (verdict == EventVerdict.Valid && candidate.Foreseen == Addition.Added)
                    verdict = Learn(candidate, learned);
                if (verdict == EventVerdict.Unsigned) intake.Hearsay?.Add(candidate.Entry!);
                if (verdict == EventVerdict.UnknownKey) unknown.Add(candidate);
                else if (verdict != EventVerdict.Valid) Reject(candidate.Neighbour, verdict, !candidate.HasWaited);
                else if (candidate.Foreseen == Addition.Added)
                    (candidate.HasWaited ? Freed : Fresh).Add(candidate.Entry!);
                else if (candidate.HasWaited) continue;
                else if (candidate.Foreseen == Addition.Duplicate) _duplicates++;
                else _pruned++;
            }
            _learned |= learned.Count > 0;
            foreach (var candidate in unknown) Wait(candidate, learned);
            foreach (var name in learned) TakeWaiting(name);
            if (learned.Count > 0) TakeWaiting(Voters);
        }

        public MergeReport Report(LedgerChange fresh, LedgerChange freed) => new(
            received, fresh.Merged, _duplicates + fresh.Duplicates, _pending, _pruned + fresh.Pruned, freed.Merged,
            _rejected);

        // A signature that holds under the key that is announced: whether it is the emitter's, the pins say.
        private EventVerdict Learn(Candidate candidate, SortedSet<string> learned)
        {
            if (candidate.Announced is not { } announced) return EventVerdict.Valid;
            var learning = intake._keys.Learn(announced);
            if (learning == KeyLearning.Learned) learned.Add(announced.Name);
            return learning switch
            {
                KeyLearning.OtherKey => EventVerdict.OtherKey,
                KeyLearning.NotLearned => EventVerdict.UnknownKey,
                _ => EventVerdict.Valid,
            };
        }

        private void Wait(Candidate candidate, SortedSet<string> learned)
        {
            var emitter = candidate.IsVouched ? Voters : candidate.Event.Emitter;
            if (emitter.Length == 0 ? learned.Count > 0 : learned.Contains(emitter))
            {
                _next.Add(candidate);
                return;
            }
            var waits = intake.Pending.Add(emitter, new PendingEvent(candidate.Event, candidate.Neighbour));
            if (!candidate.HasWaited && waits) _pending++;
            else if (!candidate.HasWaited) _duplicates++;
            // Another merge may have learned the key between looking for it and waiting for it.
            if (emitter.Length > 0 && candidate.Announced is null && intake._keys.KeyOf(emitter) is not null)
                TakeWaiting(emitter);
        }

        private void Reject(string who, EventVerdict verdict, bool counts)
        {
            intake.Counters.Count(who, verdict);
            if (counts) _rejected[verdict] = _rejected.GetValueOrDefault(verdict) + 1;
        }

        // The same event twice in one call is looked at once; two that only share an id are both looked at.
        private bool IsRepeated(Event @event)
        {
            if (_seen.TryAdd(@event.Id, @event)) return false;
            var first = _seen[@event.Id];
            return first.Emitter == @event.Emitter && first.Signature.Span.SequenceEqual(@event.Signature.Span)
                && first.Data.Span.SequenceEqual(@event.Data.Span);
        }
    }
}
