using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Storage;
using PluginNode.Storage.Records;
using EventId = PluginNode.Events.EventId;

namespace PluginNode.Ledger;

/// <summary>What came of merging verified events.</summary>
/// <param name="Merged">They are in the ledger, and on stable storage.</param>
/// <param name="Duplicates">They were there.</param>
/// <param name="Pruned">There was no room for them among more important and newer ones.</param>
internal readonly record struct LedgerChange(int Merged, int Duplicates, int Pruned);

/// <summary>
/// Owns what is written to the ledger. What is merged together is committed together, one commit at a time, and stands
/// in the ledger only when it is on stable storage: what is served to others was not lost by a restart since.
/// <code>
/// verified events ──► already there, or beyond its bounds? counted, done
///                 ──► commit, with the keys learned since the last one ──► index ──► what has to leave for them leaves
/// </code>
/// </summary>
internal sealed class LedgerLoop
{
    private const long BytesAtOnce = 16 << 20; // beyond it others wait for the next commit

    private readonly LedgerIndex _index;
    private readonly LedgerKeys _keys;
    private readonly EventKinds _kinds;
    private readonly Journal _journal;
    private readonly ILogger _logger;
    private readonly GroupCommit _commits;
    private readonly LedgerPages _pages;
    private readonly PinLog _pins;
    private readonly Queue<Request> _requests = new();
    private bool _committing, _stopping;

    public LedgerLoop(LedgerIndex index, LedgerKeys keys, EventKinds kinds, Journal journal, ILogger logger)
    {
        (_index, _keys, _kinds, _journal, _logger) = (index, keys, kinds, journal, logger);
        Box = new Mailbox(AfterRound, logger);
        _commits = new GroupCommit(journal, Box.Post, maxInFlight: 1);
        _pages = new LedgerPages(journal);
        _pins = new PinLog(journal);
    }

    public Mailbox Box { get; }

    /// <summary>Events that were merged since the start, those that have left again included.</summary>
    public long Merged { get; private set; }

    /// <summary>Events that had to leave, or could not come, because the ledger is bounded.</summary>
    public long Pruned { get; private set; }

    /// <summary>Events that the store had kept and that could not be read when it was opened.</summary>
    public long Lost { get; private set; }

    /// <summary>Called, by the loop, when events were merged.</summary>
    public Action Changed { get; set; } = () => { };

    /// <summary>How many records the events lie in.</summary>
    public int Records => _pages.Records;

    private sealed record Request(IReadOnlyList<LedgerEntry> Entries, TaskCompletionSource<LedgerChange> Answer);

    /// <summary>Merges verified events; the answer comes when they are on stable storage.</summary>
    /// <exception cref="StoreException">The store failed: none of them is in the ledger. A retry is safe.</exception>
    public Task<LedgerChange> MergeAsync(IReadOnlyList<LedgerEntry> entries) =>
        Box.AskLaterAsync<LedgerChange>(answer =>
        {
            if (_stopping) answer.SetException(new StoreException("the node is stopping"));
            else _requests.Enqueue(new Request(entries, answer));
        });

    /// <summary>Takes over what the store kept. Signatures are not checked again: the seal says that they
    /// were.</summary>
    public async Task RestoreAsync(StoreContent content, CancellationToken cancellation)
    {
        foreach (var (sequence, keys) in content.PinnedKeys)
        {
            _keys.Restore(keys);
            _pins.Restore(sequence, keys);
        }
        Lost = content.Events.Sum(r => (long)r.Plain.Count);
        await foreach (var (header, entries) in EventRecords.ReadAsync(
            content.Events, _journal, _kinds, _logger, cancellation))
        {
            Lost -= entries.Length;
            Restore(new StoredPage(header.Key.Sequence, entries), entries);
        }
        LogMessages.LedgerOpened(_logger, _index.Count, _pages.Records, _keys.Count);
    }

    /// <summary>Takes nothing more, and waits for what was taken.</summary>
    public async Task StopAsync()
    {
        await Box.AskAsync(() => _stopping = true);
        while (await Box.AskAsync(() => _committing || _requests.Count > 0))
            await await Box.AskAsync(_commits.EndAsync);
        await Box.CompleteAsync();
    }

    private void Restore(StoredPage page, LedgerEntry[] entries)
    {
        var (live, leaving) = (new List<LedgerEntry>(), new List<LedgerEntry>());
        foreach (var entry in entries)
            if (_index.Add(entry, leaving) == Addition.Added) live.Add(entry);
        foreach (var entry in leaving) live.Remove(entry); // rarely any: a smaller profile, or a commit taken back
        _pages.Restore(page, live);
        foreach (var entry in leaving) _pages.Left(entry);
    }

    private void AfterRound()
    {
        if (!_committing && _requests.Count > 0) Begin();
        _commits.AfterRound();
    }

    private void Begin()
    {
        var round = new List<(Request Request, LedgerEntry[] Fresh, LedgerChange Change)>();
        var fresh = new List<LedgerEntry>();
        var ids = new HashSet<EventId>();
        var bytes = 0L;
        while (bytes < BytesAtOnce && _requests.TryDequeue(out var request))
        {
            var (duplicates, pruned) = (0, 0);
            var mine = new List<LedgerEntry>();
            foreach (var entry in request.Entries)
            {
                var foreseen = ids.Contains(entry.Event.Id) ? Addition.Duplicate : _index.Foresee(entry);
                if (foreseen == Addition.Duplicate) duplicates++;
                else if (foreseen == Addition.Pruned) pruned++;
                else mine.Add(entry);
                if (foreseen == Addition.Added) ids.Add(entry.Event.Id);
            }
            fresh.AddRange(mine);
            bytes += mine.Sum(e => (long)EventRecords.BytesOf(e));
            round.Add((request, [.. mine], new LedgerChange(0, duplicates, pruned)));
        }
        var unsaved = _keys.TakeUnsaved();
        if (fresh.Count == 0 && unsaved.Count == 0)
        {
            foreach (var (request, mine, change) in round) Answer(request, mine, change);
            return;
        }
        _committing = true;
        var writing = _pages.Write(fresh);
        var pins = _pins.Write(unsaved);
        _commits.Add(
            [.. writing.Entries, .. pins.Entries],
            [.. writing.Replaced.Select(p => p.Sequence), .. pins.Replaced.Select(p => p.Sequence)],
            failure =>
            {
                _committing = false;
                if (failure is null)
                {
                    _pages.Written(writing);
                    _pins.Written(pins);
                    foreach (var (request, mine, change) in round) Answer(request, mine, change);
                    return;
                }
                _pages.Failed(writing);
                _pins.Failed(pins);
                _keys.GiveBack(unsaved);
                foreach (var (request, _, _) in round) request.Answer.SetException(failure);
            });
    }

    private void Answer(Request request, LedgerEntry[] fresh, LedgerChange change)
    {
        var leaving = new List<LedgerEntry>();
        foreach (var entry in fresh)
        {
            var addition = _index.Add(entry, leaving);
            change = addition switch
            {
                Addition.Added => change with { Merged = change.Merged + 1 },
                Addition.Duplicate => change with { Duplicates = change.Duplicates + 1 },
                _ => change with { Pruned = change.Pruned + 1 },
            };
            if (addition == Addition.Duplicate) _pages.Left(entry);
        }
        foreach (var entry in leaving) _pages.Left(entry);
        Merged += change.Merged;
        Pruned += leaving.Count + change.Pruned;
        request.Answer.SetResult(change);
        if (change.Merged > 0) Changed();
    }
}
