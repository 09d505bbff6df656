using PluginNode.Identity;
using PluginNode.Storage;

namespace PluginNode.Delivery;

// What operators and applications ask of messages that are there.
internal sealed partial class OutboxLoop
{
    public MessageView? Find(Guid id) => _messages.TryGetValue(id, out var message) ? View(message) : null;

    public IReadOnlyList<MessageView> List(MessageQuery query)
    {
        var all = query.State is MessageState.Delivered or MessageState.Sent or MessageState.Cancelled
            or MessageState.MaybeDelivered or MessageState.Quarantined
            ? _ended.Where(m => m.Sequence > query.After).OrderBy(m => m.Sequence)
            : _index.After(query.After);
        return [.. all
            .Where(m => query.State is { } state ? m.State == state : m.Live)
            .Where(m => query.To is not { } to || m.To == to)
            .Take(Math.Clamp(query.Limit, 1, 1000))
            .Select(View)];
    }

    /// <summary>Who asks waits for this until it ends; null: it has ended, or is unknown.</summary>
    public TaskCompletionSource<bool>? WaitForEnd(Guid id) =>
        _messages.TryGetValue(id, out var message) && message.Live ? (message.Ended ??= new Signal()).Wait() : null;

    public void NoLongerWaits(Guid id, TaskCompletionSource<bool> signal)
    {
        if (_messages.TryGetValue(id, out var message)) message.Ended?.Forget(signal);
    }

    public ChangeResult Retry(Guid id)
    {
        if (!_messages.TryGetValue(id, out var message)) return ChangeResult.NotFound;
        if (!message.Live) return ChangeResult.WrongState;
        var pump = PumpOf(message.To);
        pump.RetryNow(message);
        _changed.Add(pump);
        return ChangeResult.Done;
    }

    /// <summary>Asks for a change whose result may come only after a commit or a flight.</summary>
    public Task<ChangeResult> ChangeAsync(Guid id, Action<Message, Action<ChangeResult>> change) =>
        Box.AskLaterAsync<ChangeResult>(result =>
        {
            if (_messages.TryGetValue(id, out var message)) change(message, r => result.TrySetResult(r));
            else result.SetResult(ChangeResult.NotFound);
        });

    public void Cancel(Message message, Action<ChangeResult> done)
    {
        if (message.State == MessageState.Waiting)
        {
            End(message, message.Uncertain ? MessageState.MaybeDelivered : MessageState.Cancelled, Cancelled);
            AfterKept(message, done); // whoever is told so must not meet it again after a crash
        }
        else if (message.State == MessageState.Sending)
        {
            message.EndAfterFlight = (MessageState.MaybeDelivered, Cancelled);
            _ = AfterEndAsync(message, WaitForEnd(message.Id)!.Task, done);
        }
        else if (message.State is MessageState.Cancelled or MessageState.MaybeDelivered) AfterKept(message, done);
        else done(ChangeResult.WrongState);
    }

    /// <summary>A dead letter's id, where its caller chose it, is remembered as that of every other message that
    /// ended.</summary>
    public void Purge(Message message, Action<ChangeResult> done)
    {
        if (message.State != MessageState.Dead || message.Mark == 0)
        {
            done(ChangeResult.WrongState);
            return;
        }
        Forget(message);
        if (message.CallerId) _remembered.Add(message, Clock.Now);
        else
        {
            _parts.Journal.Remove(message.Sequence);
            _parts.Journal.Remove(message.Mark); // never before its record, which would wait again without it
        }
        AfterKept(message, done);
    }

    /// <summary>The record is written again under a new sequence, so that it stands behind what waits in its lane, also
    /// after a restart.</summary>
    public void Replay(Message message, Action<ChangeResult> done)
    {
        if (message.State != MessageState.Dead || message.Mark == 0 || _stopping) done(ChangeResult.WrongState);
        else _ = ReplayAsync(message, done);
    }

    /// <summary>Ends everything that waits for a peer, because it is being removed.</summary>
    public void Abandon(PeerId peer)
    {
        if (!_pumps.TryGetValue(peer, out var pump)) return;
        foreach (var message in pump.Waiting.ToList())
            if (message.State == MessageState.Waiting) Die(message, PeerRemoved);
            else message.EndAfterFlight = (MessageState.Dead, PeerRemoved);
    }

    public int WaitingFor(PeerId peer) => _pumps.TryGetValue(peer, out var pump) ? pump.Waiting.Count() : 0;

    private async Task AfterEndAsync(Message message, Task ended, Action<ChangeResult> done)
    {
        await ended;
        Box.Post(() =>
        {
            if (message.State == MessageState.Dead) done(ChangeResult.Done); // it expired meanwhile
            else AfterKept(message, done);
        });
    }

    private async Task ReplayAsync(Message message, Action<ChangeResult> done)
    {
        ReadOnlyMemory<byte>? body;
        try
        {
            body = (await _parts.Journal.ReadAsync([message.BodyKey], _flight.Token))[0];
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            done(ChangeResult.Unavailable);
            return;
        }
        Box.Post(() => Rewrite(message, body, done));
    }

    private void Rewrite(Message message, ReadOnlyMemory<byte>? body, Action<ChangeResult> done)
    {
        if (message.State != MessageState.Dead || message.Mark == 0 || body is not { } payload)
        {
            done(body is null ? ChangeResult.Unavailable : ChangeResult.WrongState);
            return;
        }
        var (old, mark) = (message.Sequence, message.Mark);
        message.Mark = 0; // a second replay while this one is being written must find it in no state to replay
        var again = message.Again(_parts.Journal.NextSequence());
        Entry entry = new(Collection.Outbox, again.Id, again.Sequence, again.ToHeader(), payload);
        _commits.Add([entry], [old, mark], failure =>
        {
            if (failure is not null)
            {
                message.Mark = mark;
                done(ChangeResult.Unavailable);
                return;
            }
            DeadLetters--;
            _index.Remove(message);
            _usage.Move(message, Room.None);
            _usage.Move(again, Room.Disk);
            Counters.Replayed++;
            Place(again);
            done(ChangeResult.Done);
        });
    }

    /// <summary>Answers when the end of a message is on stable storage: its record's removal and, where its caller
    /// chose the id, the id.</summary>
    private void AfterKept(Message message, Action<ChangeResult> done) =>
        WhenKept(message, failure => done(failure is null ? ChangeResult.Done : ChangeResult.Unavailable));

    private void WhenKept(Message message, Action<StoreException?> done)
    {
        if (message.CallerId) _remembered.WhenKept(message.Id, _commits, done);
        else if (!message.Stored) done(null);
        else _commits.Add([], message.Mark == 0 ? [message.Sequence] : [message.Sequence, message.Mark], done);
    }

    private void Forget(Message message)
    {
        _usage.Move(message, Room.None);
        DeadLetters--;
        _messages.Remove(message.Id);
        _index.Remove(message);
    }

    private MessageView View(Message message)
    {
        DateTimeOffset? next = null;
        if (message.State == MessageState.Waiting && _pumps.TryGetValue(message.To, out var pump)
            && pump.NextAttempt(message) is var at && at > Clock.Now)
            next = Clock.Wall + TimeSpan.FromTicks(at - Clock.Now);
        return message.ToView(next);
    }
}
