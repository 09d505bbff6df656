using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

// Restart and stop.
internal sealed partial class OutboxLoop
{
    /// <summary>Takes over what the store kept. Called once, before anything else, with records in ascending
    /// sequence.</summary>
    public void Restore(
        IReadOnlyList<(RecordHeader Header, OutboxHeader Plain)> records,
        IReadOnlyList<(long Sequence, DeadMark Mark)> marks,
        IReadOnlyList<(long Sequence, RememberedIds Ids)> remembered, DeliveryPolicy policy)
    {
        foreach (var (sequence, ids) in remembered) _remembered.Restore(sequence, ids);
        var dead = new Dictionary<long, (long Sequence, DeadMark Mark)>();
        foreach (var mark in marks) dead[mark.Mark.Sequence] = mark;
        foreach (var (header, plain) in records)
        {
            // A level that configuration no longer has: the message keeps the promise that it was accepted with.
            var level = policy.Find(plain.Level) ?? DeliveryLevel.Critical with { Name = plain.Level };
            var message = Message.FromHeader(header.Key, plain, level);
            if (dead.Remove(header.Key.Sequence, out var mark)) RestoreDead(message, mark.Sequence, mark.Mark);
            else if (_messages.GetValueOrDefault(message.Id) is { Live: true } || _remembered.Find(message.Id) is not null)
                _parts.Journal.Remove(message.Sequence); // what a lost removal left behind
            else
            {
                _usage.Move(message, Room.Disk);
                Counters.Restored++;
                Place(message);
            }
        }
        foreach (var (sequence, _) in dead.Values) _parts.Journal.Remove(sequence);
    }

    /// <summary>Dead letters older than their time are forgotten. Called now and then.</summary>
    public void PruneDeadLetters(TimeSpan keep)
    {
        if (Clock.Held) return;
        var limit = Clock.Now - keep.Ticks;
        foreach (var message in _index.After(0).Where(m => m.State == MessageState.Dead && m.DiedAt < limit).ToList())
            Purge(message, _ => { });
    }

    /// <summary>
    /// Intake has stopped: lets what is in flight end until the token fires, makes dead letters of what waits in memory
    /// only, and waits for the last commit.
    /// </summary>
    public async Task StopAsync(CancellationToken graceEnds)
    {
        await Box.AskAsync(() => _stopping = true);
        while (!graceEnds.IsCancellationRequested && await Box.AskAsync(() => _messages.Values.FirstOrDefault(
            m => m.State == MessageState.Sending)) is { } sending)
        {
            if (await Box.AskAsync(() => WaitForEnd(sending.Id)) is not { } ended) continue;
            try
            {
                await Waiting.ForAsync(ended, TimeSpan.FromMilliseconds(100), Time, graceEnds);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await _flight.CancelOnceAsync();
        await Box.AskAsync(() =>
        {
            foreach (var message in _messages.Values.Where(m => m.Live && !m.Stored).ToList()) Die(message, "stopped");
            return 0;
        });
        await await Box.AskAsync(() =>
        {
            _remembered.CommitTo(_commits, Clock, last: true);
            return _commits.EndAsync();
        });
        await Box.CompleteAsync();
        foreach (var pump in _pumps.Values) pump.Dispose();
        _flight.Dispose();
    }

    private void RestoreDead(Message message, long sequence, DeadMark mark)
    {
        DeadLetters++;
        message.State = MessageState.Dead;
        message.Reason = mark.Reason;
        message.EndedAt = DateTimeOffset.FromUnixTimeMilliseconds(mark.EndedMs);
        message.DiedAt = mark.EndedAt;
        message.Mark = sequence;
        _usage.Move(message, Room.DeadLetter);
        _messages[message.Id] = message;
        _index.Add(message);
    }
}
