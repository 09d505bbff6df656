using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;
using PluginNode.Transports;

namespace PluginNode.Delivery;

// How messages end.
internal sealed partial class OutboxLoop
{
    private static readonly TimeSpan StoreAgain = TimeSpan.FromSeconds(10); // after the store failed

    private const string SentOnly =
        "sent, but nobody can acknowledge it there; with 'sent' in delivery.endsOn for its protocol that is the end";

    public override Backoff NewBackoff() => new(_options.Retry, _parts.Chance);

    public override Predicate<string>? RawOf(Peer to) => _parts.Sender.RawOf(to);

    public override void Send(Peer to, List<Message> window, Action<WindowResult> completed)
    {
        // The payloads of memory messages are taken here, on the loop: a message that ends gives its payload up.
        _ = RunAsync(to, [.. window.Select(m => (m, m.Payload))], completed);
    }

    private async Task RunAsync(
        Peer to, List<(Message, ReadOnlyMemory<byte>?)> window, Action<WindowResult> completed)
    {
        await Task.Yield(); // reading, encoding and signing a window takes a millisecond, and the loop has other peers
        WindowResult result;
        try
        {
            result = await _parts.Sender.SendAsync(to, window, _flight.Token);
        }
        catch (Exception e)
        {
            LogMessages.TransportFaulted(_parts.Logger, e.ToString());
            result = new WindowResult(new RouteResult([], "", e.Message), new HashSet<Guid>());
        }
        Box.Post(() => completed(result));
    }

    public override bool Settle(Message message, SendOutcome outcome, string address, bool first)
    {
        if (outcome.Status == SendStatus.Sent && message.Level.Persisted
            && !_options.EndsOnSent.Contains(message.Protocol))
            outcome = outcome with { Status = SendStatus.Retry, Reason = SentOnly };
        if (first || outcome.Status != SendStatus.Retry) Note(message, outcome, address);
        switch (outcome.Status)
        {
            case SendStatus.Delivered or SendStatus.Duplicate:
                End(message, MessageState.Delivered, null);
                return true;
            case SendStatus.Sent:
                End(message, MessageState.Sent, null);
                return true;
            case SendStatus.Refused:
                Die(message, $"refused: {outcome.Reason}");
                return true;
            default:
                message.Uncertain = true;
                message.State = MessageState.Waiting;
                if (message.EndAfterFlight is not { } end) return false;
                if (end.State == MessageState.Dead) Die(message, end.Reason);
                else End(message, end.State, end.Reason);
                return true;
        }
    }

    public override bool CountFailure(Message message)
    {
        if (message.Level.Retries is not { } retries) return false;
        if (message.Failures++ < retries.Count)
        {
            message.NotBefore = Clock.Now + retries[message.Failures - 1].Ticks;
            return false;
        }
        Die(message, $"given up after {message.Failures} attempts");
        return true;
    }

    public override void Damaged(Message message)
    {
        LogMessages.MessageDamaged(_parts.Logger, message.Id, message.Sequence);
        End(message, MessageState.Quarantined, "its record is damaged; a copy lies in the store's quarantine");
    }

    public override void ReportUp(PeerId peer) => LogMessages.PeerUp(_parts.Logger, peer.ToString());

    public override void ReportDown(PeerId peer, string reason) =>
        LogMessages.PeerDown(_parts.Logger, peer.ToString(), reason);

    public override ITimer Timer(Action action, TimeSpan wait) =>
        Time.CreateTimer(_ => Box.Post(action), null, wait, Timeout.InfiniteTimeSpan);

    private void Note(Message message, SendOutcome outcome, string address)
    {
        var word = outcome.Status.ToString().ToLowerInvariant();
        var words = outcome.Reason is null ? word : $"{word}: {outcome.Reason}";
        (message.History ??= new History()).Add(new Attempt(Clock.Wall, address, words));
    }

    /// <summary>Ends without a dead letter. A record is removed with some later commit.</summary>
    private void End(Message message, MessageState state, string? reason)
    {
        if (message.Stored && state is MessageState.Cancelled or MessageState.MaybeDelivered) Hold(message);
        Close(message, state, reason);
        _usage.Move(message, Room.None);
        Counters.Count(state);
        message.Payload = null;
        if (message.CallerId) _remembered.Add(message, Clock.Now);
        else if (message.Stored) _parts.Journal.Remove(message.Sequence);
        if (message.HoldsLane) ReleaseWhenKept(message);
        _index.Remove(message);
        _ended.Enqueue(message);
        if (_ended.Count > EndedKept && _ended.Dequeue() is var old && _messages.GetValueOrDefault(old.Id) == old)
            _messages.Remove(old.Id);
    }

    private void Die(Message message, string reason)
    {
        if (message.Stored) Hold(message);
        Close(message, MessageState.Dead, reason);
        _usage.Move(message, Room.DeadLetter);
        message.DiedAt = Clock.Now;
        Counters.Dead++;
        DeadLetters++;
        LogMessages.DeadLetter(_parts.Logger, message.Id, reason);
        WriteMark(message);
    }

    /// <summary>Its lane waits until it is on stable storage how it ended. A crash before would send it again, behind
    /// what had followed it, and a peer that changed its mind would take it (decision 0018).</summary>
    private void Hold(Message message)
    {
        message.HoldsLane = true;
        PumpOf(message.To).HoldLane(message.Key);
    }

    private void Release(Message message)
    {
        if (!message.HoldsLane) return;
        message.HoldsLane = false;
        var pump = PumpOf(message.To);
        pump.ReleaseLane(message.Key);
        _changed.Add(pump);
    }

    private void ReleaseWhenKept(Message message) => WhenKept(message, failure =>
    {
        if (failure is null) Release(message);
        else if (!_stopping) Timer(() => ReleaseWhenKept(message), StoreAgain);
    });

    private void Close(Message message, MessageState state, string? reason)
    {
        WaitingNow--;
        message.State = state;
        message.Reason = reason;
        message.EndedAt = Clock.Wall;
        message.EndAfterFlight = null;
        message.Ended?.Set();
        message.Ended = null;
    }

    /// <summary>A dead letter is an outbox record with a mark; what was in memory gets both now. Where the store fails
    /// the dead letter stays in memory and its mark is tried again a little later.</summary>
    private void WriteMark(Message message)
    {
        var mark = new DeadMark
        {
            Sequence = message.Sequence,
            Reason = message.Reason,
            EndedMs = message.EndedAt!.Value.ToUnixTimeMilliseconds(),
            EndedAt = message.DiedAt,
            Attempts = message.History?.Count ?? 0,
        };
        var sequence = _parts.Journal.NextSequence();
        List<Entry> entries = [new Entry(Collection.DeadMarks, message.Id, sequence, mark)];
        if (!message.Stored)
        {
            var body = message.Payload ?? default;
            entries.Insert(0, new Entry(Collection.Outbox, message.Id, message.Sequence, message.ToHeader(), body));
        }
        _commits.Add([.. entries], [], failure =>
        {
            if (failure is null)
            {
                message.Stored = true;
                message.Payload = null;
                message.Mark = sequence;
                Release(message);
                return;
            }
            if (_stopping || message.State != MessageState.Dead) return;
            if (!message.Stored)
            {
                _index.Remove(message);
                message.Sequence = _parts.Journal.NextSequence(); // a sequence is never committed twice
                _index.Add(message);
            }
            Timer(() => WriteMark(message), StoreAgain);
        });
    }
}
