using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>
/// Owns the inbox. Batches that arrive are judged together and committed together, one commit at a time, so that a
/// commit that fails undoes exactly what was judged for it.
/// <code>
/// batch ──► known id? duplicate, or refused when the content differs
///       ──► at or below the lane's last position? duplicate
///       ──► lane already held back in this batch, or full? retry, and so is the rest of that lane
///           (of every lane, behind a frame that cannot be read)
///       ──► commit ──► delivered
/// </code>
/// </summary>
internal sealed class InboxLoop
{
    private const long CommitBytes = 8 << 20;

    private readonly KernelOptions _options;
    private readonly NodeClock _clock;
    private readonly GroupCommit _commits;
    private readonly Queue<Batch> _batches = new();
    private readonly SequenceIndex<InboxEntry> _index = new(e => e.Sequence);
    private readonly Dictionary<Guid, List<InboxEntry>> _byId = [];
    private readonly Dictionary<PeerId, SenderWindow> _senders = [];
    private readonly HashSet<string> _sinkProtocols = new(StringComparer.Ordinal);
    private readonly SeenIdLog _seen;
    private readonly Signal _arrival = new();
    private bool _committing;
    private bool _stopping;
    private long _bytes;

    public InboxLoop(Journal journal, NodeClock clock, TimeProvider time, KernelOptions options, ILogger logger)
    {
        (Journal, _clock, Time, _options) = (journal, clock, time, options);
        Box = new Mailbox(AfterRound, logger);
        _commits = new GroupCommit(journal, Box.Post, maxInFlight: 4);
        _seen = new SeenIdLog(journal, options.Inbox.DuplicateWindow, options.Inbox.DuplicateIds);
    }

    public Mailbox Box { get; }
    public Journal Journal { get; }
    public TimeProvider Time { get; }
    public long Received { get; private set; }
    public long Duplicates { get; private set; }
    public long Refused { get; private set; }
    public int Waiting => _index.Count;

    private sealed record Batch(
        PeerId From, (Incoming? Message, SendOutcome Outcome)[] Frames, TaskCompletionSource<SendOutcome[]> Answer);

    public Task<SendOutcome[]> ReceiveAsync(PeerId from, (Incoming? Message, SendOutcome Outcome)[] frames) =>
        Box.AskLaterAsync<SendOutcome[]>(answer => _batches.Enqueue(new Batch(from, frames, answer)));

    public void Restore(
        IReadOnlyList<(RecordHeader Header, InboxHeader Plain)> records,
        IReadOnlyList<(long Sequence, SeenIds Ids)> seen)
    {
        foreach (var (sequence, ids) in seen)
        {
            SenderOf(PeerId.FromPublicKey(ids.From.Span)).Restore(ids);
            _seen.Track(sequence, ids);
        }
        foreach (var (header, plain) in records)
        {
            var from = PeerId.FromPublicKey(plain.From.Span);
            var sender = SenderOf(from);
            if (IsGhost(sender, from, header.Key.Id)) Journal.Remove(header.Key.Sequence);
            else Show(new InboxEntry
            {
                Id = header.Key.Id, From = from, Sequence = header.Key.Sequence, Header = plain,
            });
            sender.Add(header.Key.Id, Bytes16.Read(plain.Digest), plain.ReceivedAt);
            sender.Advance(plain.Key, plain.Epoch, plain.Position);
        }
    }

    public (List<InboxEntry> Entries, TaskCompletionSource<bool>? Arrival) List(InboxQuery query, long pageBytes)
    {
        var page = new List<InboxEntry>();
        foreach (var entry in _index.After(query.After))
        {
            var forSinks = _sinkProtocols.Contains(entry.Header.Protocol) && !entry.GivenUp;
            if (entry.Leaving || forSinks != query.ForSinks || (query.From is { } from && entry.From != from)
                || (query.Protocol is { } protocol && entry.Header.Protocol != protocol)) continue;
            if (page.Count > 0 && (pageBytes -= entry.Bytes) < 0) break;
            page.Add(entry);
            if (page.Count >= Math.Clamp(query.Limit, 1, 1000)) break;
        }
        return (page, page.Count == 0 && query.Wait > TimeSpan.Zero ? _arrival.Wait() : null);
    }

    public Task<AckResult> AckAsync(IReadOnlyList<InboxReference> ids) =>
        Box.AskLaterAsync<AckResult>(done => Ack(ids, done));

    /// <summary>A message whose record is damaged is no longer there; its id is remembered as any other.</summary>
    public void Lost(InboxEntry entry) => Box.Post(() =>
    {
        if (!entry.Leaving) Leave([entry], _ => { });
    });

    /// <summary>A sink takes this protocol from now on.</summary>
    public void Hide(string protocol) => _sinkProtocols.Add(protocol);

    /// <summary>The sink failed for good: the message is shown to the application.</summary>
    public void GiveUp(PeerId from, Guid id)
    {
        foreach (var entry in (_byId.GetValueOrDefault(id) ?? []).Where(e => e.From == from)) entry.GivenUp = true;
        Signal();
    }

    public void Prune()
    {
        if (_clock.Held) return;
        var before = _clock.Now - _options.Inbox.DuplicateWindow.Ticks;
        foreach (var sender in _senders.Values) sender.Prune(before);
        _seen.Prune(before);
    }

    public async Task StopAsync()
    {
        await Box.AskAsync(() => _stopping = true);
        await await Box.AskAsync(_commits.EndAsync);
        await Box.CompleteAsync();
    }

    private void AfterRound()
    {
        if (_committing || _batches.Count == 0)
        {
            _commits.AfterRound();
            return;
        }
        var round = new InboxRound(this, _clock);
        while (round.Bytes < CommitBytes && _batches.TryDequeue(out var batch))
            round.Judge(batch.From, batch.Frames, batch.Answer);
        if (round.Entries.Count == 0) round.Complete(null);
        else
        {
            _committing = true;
            _commits.Add([.. round.Entries], [], failure =>
            {
                _committing = false;
                round.Complete(failure);
            });
        }
        _commits.AfterRound();
    }

    internal SenderWindow SenderOf(PeerId peer)
    {
        if (!_senders.TryGetValue(peer, out var sender))
            _senders.Add(peer, sender = new SenderWindow(_options.Inbox.DuplicateIds));
        return sender;
    }

    /// <summary>Why a message can never be taken here; null where it can. Told to come again, it would come for
    /// ever.</summary>
    internal string? TooLarge(int payload, long bytes)
    {
        if (payload > _options.Limits.Payload) return $"the payload has more than {_options.Limits.Payload} bytes";
        var most = Math.Min(_options.Inbox.Bytes, _options.Inbox.BytesPerPeer);
        return bytes > most ? $"the payload is larger than the inbox here, {most} bytes" : null;
    }

    /// <summary>Why nothing more is taken now; null where there is room for it.</summary>
    internal string? Refusal(SenderWindow sender, long bytes)
    {
        if (_stopping) return "the node is stopping";
        if (_bytes + bytes > _options.Inbox.Bytes) return "the inbox is full";
        return sender.Bytes + bytes > _options.Inbox.BytesPerPeer ? "the inbox is full for this sender" : null;
    }

    internal void Reserve(SenderWindow sender, long bytes)
    {
        _bytes += bytes;
        sender.Bytes += bytes;
    }

    internal void Arrived(InboxEntry entry)
    {
        Received++;
        Reserve(SenderOf(entry.From), -entry.Bytes);
        Show(entry);
    }

    internal void Count(SendStatus status)
    {
        if (status == SendStatus.Duplicate) Duplicates++;
        else if (status == SendStatus.Refused) Refused++;
    }

    internal void Signal() => _arrival.Set();

    /// <summary>Who asked for a page does not wait for an arrival any more.</summary>
    public void NoLongerWaits(TaskCompletionSource<bool> arrival) => _arrival.Forget(arrival);

    /// <summary>
    /// A commit that failed may have reached the disk all the same, and its messages came again: then there are two
    /// records of one message, of which the later one is what the application was shown, or has acknowledged.
    /// </summary>
    private bool IsGhost(SenderWindow sender, PeerId from, Guid id)
    {
        if (_byId.GetValueOrDefault(id)?.Find(e => e.From == from) is not { } earlier)
            return sender.Digest(id) is not null;
        Gone(earlier);
        Journal.Remove(earlier.Sequence);
        return false;
    }

    private void Show(InboxEntry entry)
    {
        Reserve(SenderOf(entry.From), entry.Bytes);
        _index.Add(entry);
        if (!_byId.TryGetValue(entry.Id, out var same)) _byId.Add(entry.Id, same = []);
        same.Add(entry);
    }

    private void Ack(IReadOnlyList<InboxReference> ids, TaskCompletionSource<AckResult> done)
    {
        var (leaving, unknown, ambiguous) = (new List<InboxEntry>(), new List<Guid>(), new List<Guid>());
        foreach (var (id, from) in ids.Distinct())
        {
            var found = _byId.GetValueOrDefault(id)?.Where(e => !e.Leaving && (from is null || e.From == from)).ToList();
            if (found is null or []) unknown.Add(id);
            else if (found.Count > 1) ambiguous.Add(id);
            else if (!leaving.Contains(found[0])) leaving.Add(found[0]);
        }
        var result = new AckResult(leaving.Count, unknown, ambiguous);
        if (leaving.Count == 0) done.SetResult(result);
        else Leave(leaving, failure =>
        {
            if (failure is null) done.SetResult(result);
            else done.SetException(failure);
        });
    }

    private void Leave(List<InboxEntry> entries, Action<StoreException?> done)
    {
        foreach (var entry in entries) entry.Leaving = true;
        var records = _seen.Write(entries);
        var merged = records.SelectMany(r => r.Merged.Select(m => m.Sequence));
        long[] leaving = [.. entries.Select(e => e.Sequence), .. merged];
        _commits.Add([.. records.Select(r => r.Entry)], leaving, failure =>
        {
            foreach (var entry in entries)
            {
                if (failure is null) Gone(entry);
                else entry.Leaving = false;
            }
            foreach (var record in records)
            {
                if (failure is null) _seen.Written(record);
                else _seen.Failed(record);
            }
            done(failure);
        });
    }

    private void Gone(InboxEntry entry)
    {
        Reserve(SenderOf(entry.From), -entry.Bytes);
        _index.Remove(entry);
        var same = _byId[entry.Id];
        same.Remove(entry);
        if (same.Count == 0) _byId.Remove(entry.Id);
    }
}
