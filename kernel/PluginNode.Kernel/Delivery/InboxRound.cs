using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode.Delivery;

/// <summary>What is judged for one commit of the inbox, and how to undo it.</summary>
internal sealed class InboxRound(InboxLoop inbox, NodeClock clock)
{
    private readonly List<(SendOutcome[] Outcomes, TaskCompletionSource<SendOutcome[]> Answer)> _answers = [];
    private readonly List<(SendOutcome[] Outcomes, int Index)> _pending = [];
    private readonly List<InboxEntry> _arrived = [];
    private readonly Stack<Action> _undo = new();
    private readonly HashSet<(PeerId From, Guid Id)> _fresh = [];

    /// <summary>The lanes of a batch of which nothing more is taken, because something before it was not.</summary>
    private sealed class HeldLanes
    {
        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);
        public bool All { get; set; }
    }

    public List<Entry> Entries { get; } = [];
    public long Bytes { get; private set; }

    public void Judge(
        PeerId from, (Incoming? Message, SendOutcome Outcome)[] frames, TaskCompletionSource<SendOutcome[]> answer)
    {
        var sender = inbox.SenderOf(from);
        var outcomes = new SendOutcome[frames.Length];
        var held = new HeldLanes();
        for (var i = 0; i < frames.Length; i++)
        {
            var (message, outcome) = frames[i];
            if (message is not null) outcome = Judge(from, sender, message, held);
            else if (outcome.Status == SendStatus.Retry) held.All = true; // its lane could not be read
            outcomes[i] = outcome;
            inbox.Count(outcome.Status);
            // Delivered, or a repetition of something in this very commit: true only if the commit succeeds.
            if (outcome.Status == SendStatus.Delivered || _fresh.Contains((from, outcome.Id)))
                _pending.Add((outcomes, i));
        }
        _answers.Add((outcomes, answer));
    }

    /// <summary>Answers every batch; after a failed commit everything that hung on it is <i>retry</i>.</summary>
    public void Complete(StoreException? failure)
    {
        if (failure is null) foreach (var entry in _arrived) inbox.Arrived(entry);
        else
        {
            while (_undo.TryPop(out var undo)) undo();
            foreach (var (outcomes, i) in _pending)
                outcomes[i] = new SendOutcome(
                    outcomes[i].Id, SendStatus.Retry,
                    failure is StoreFullException ? "the disk is full there" : "the store failed there");
        }
        foreach (var (outcomes, answer) in _answers) answer.SetResult(outcomes);
        if (failure is null && _arrived.Count > 0) inbox.Signal();
    }

    private SendOutcome Judge(PeerId from, SenderWindow sender, Incoming message, HeldLanes held)
    {
        var id = message.Id;
        if (sender.Digest(id) is { } known)
            return known == message.Digest
                ? new SendOutcome(id, SendStatus.Duplicate)
                : Refuse(message, held, "this id was used for other content");
        var hasLane = !message.Key.StartsWith('\0');
        var last = hasLane ? sender.Position(message.Key, message.Epoch) : 0;
        if (hasLane && message.Position <= last) return new SendOutcome(id, SendStatus.Duplicate);
        if (held.Keys.Contains(message.Key) || (held.All && hasLane))
            return new SendOutcome(id, SendStatus.Retry, "an earlier message of this lane was not taken");
        var bytes = MessageSize.Of(message.Envelope);
        if (inbox.TooLarge(message.Envelope.Payload.Length, bytes) is { } problem) return Refuse(message, held, problem);
        if (inbox.Refusal(sender, bytes) is { } reason)
        {
            held.Keys.Add(message.Key);
            return new SendOutcome(id, SendStatus.Retry, reason);
        }
        Take(from, sender, message, last, hasLane, bytes);
        return new SendOutcome(id, SendStatus.Delivered);
    }

    /// <summary>The lane stays where it is until its sender knows: had it gone on, the refused message, sent again
    /// because this answer was lost, would be behind the lane's position and taken for a duplicate.</summary>
    private static SendOutcome Refuse(Incoming message, HeldLanes held, string reason)
    {
        held.Keys.Add(message.Key);
        return new SendOutcome(message.Id, SendStatus.Refused, reason);
    }

    private void Take(PeerId from, SenderWindow sender, Incoming message, ulong last, bool hasLane, long bytes)
    {
        sender.Add(message.Id, message.Digest, clock.Now);
        if (hasLane) sender.Advance(message.Key, message.Epoch, message.Position);
        inbox.Reserve(sender, bytes);
        _undo.Push(() =>
        {
            sender.Remove(message.Id);
            if (hasLane) sender.Rewind(message.Key, message.Epoch, last);
            inbox.Reserve(sender, -bytes);
        });
        _fresh.Add((from, message.Id));

        var e = message.Envelope;
        var header = new InboxHeader
        {
            From = e.From,
            Protocol = e.Protocol,
            Level = e.Level,
            Key = message.Key,
            ReceivedMs = clock.Wall.ToUnixTimeMilliseconds(),
            ReceivedAt = clock.Now,
            Digest = Bytes16.Write(message.Digest),
            Epoch = message.Epoch,
            Position = hasLane ? message.Position : 0,
            PayloadBytes = e.Payload.Length,
        };
        foreach (var a in e.Attributes) header.Attributes.Add(new StoredAttribute { Name = a.Name, Value = a.Value });
        var sequence = inbox.Journal.NextSequence();
        Entries.Add(new Entry(Collection.Inbox, message.Id, sequence, header, e.Payload.Memory));
        Bytes += bytes;
        _arrived.Add(new InboxEntry { Id = message.Id, From = from, Sequence = sequence, Header = header });
    }
}
