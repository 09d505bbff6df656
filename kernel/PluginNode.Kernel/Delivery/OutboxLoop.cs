using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Plugins;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Delivery;

/// <summary>The parts that the outbox works with.</summary>
internal sealed record OutboxParts(
    IPeerDirectory Peers, NodeClock Clock, Journal Journal, WindowSender Sender, TimeProvider Time, IChance Chance,
    ILogger Logger);

/// <summary>
/// Owns the state of the outbox and of every pump: one mailbox, so that no lock and no hand-over between queues can
/// reorder a lane. What takes time (sealing, signing, disk, network) runs beside it and posts its result back.
/// </summary>
internal sealed partial class OutboxLoop : PumpContext
{
    private const int EndedKept = 10_000;
    private const string OtherContent = "this id was used for another message";
    private const string Stops = "the node is stopping";
    private const string Expired = "expired";
    private const string Cancelled = "cancelled";
    private const string PeerRemoved = "the peer was removed";

    private readonly OutboxParts _parts;
    private readonly KernelOptions _options;
    private readonly GroupCommit _commits;
    private readonly Dictionary<Guid, Message> _messages = [];
    private readonly Dictionary<Guid, (UInt128 Digest, TaskCompletionSource<SendReply> Reply)> _accepting = [];
    private readonly Dictionary<(PeerId To, string Key), int> _acceptingLanes = [];
    private readonly Dictionary<PeerId, PeerPump> _pumps = [];
    private readonly HashSet<PeerPump> _changed = [];
    private readonly Queue<Message> _ended = new();
    private readonly PriorityQueue<Message, long> _expiry = new();
    private readonly SequenceIndex<Message> _index = new(m => m.Sequence);
    private readonly RememberedIdSet _remembered;
    private readonly CancellationTokenSource _flight = new();
    private readonly Usage _usage;
    private ulong _position;
    private bool _stopping;

    public OutboxLoop(OutboxParts parts, KernelOptions options)
    {
        _parts = parts;
        _options = options;
        _usage = new Usage(options.Limits);
        Box = new Mailbox(AfterRound, parts.Logger);
        _commits = new GroupCommit(parts.Journal, Box.Post, maxInFlight: 3);
        _remembered = new RememberedIdSet(parts.Journal, options.Inbox.DuplicateWindow, options.Inbox.DuplicateIds);
    }

    public Mailbox Box { get; }
    public Counters Counters { get; } = new();
    public long WaitingNow { get; private set; }
    public long DeadLetters { get; private set; }
    public TimeProvider Time => _parts.Time;
    public override IPeerDirectory Peers => _parts.Peers;
    public override NodeClock Clock => _parts.Clock;
    public override bool Stopping => _stopping;

    public ulong NextPosition() => Interlocked.Increment(ref _position);

    public Task<SendReply> AdmitAsync(SendRequest request, Guid id, DeliveryLevel level, UInt128 digest) =>
        Box.AskLaterAsync<SendReply>(reply => Admit(request, id, level, digest, reply));

    /// <summary>Lets what waits for a peer be looked at: it was heard, changed, or resumed.</summary>
    public void Wake(PeerId peer) => Box.Post(() =>
    {
        if (!_pumps.TryGetValue(peer, out var pump)) return;
        pump.Wake();
        _changed.Add(pump);
    });

    private void Admit(
        SendRequest request, Guid id, DeliveryLevel level, UInt128 digest, TaskCompletionSource<SendReply> reply)
    {
        if (Known(id, digest, reply)) return;
        if (_stopping) reply.SetResult(Not(SendVerdict.Unavailable, id, Stops));
        else if (Peers.Find(request.To) is null)
            reply.SetResult(Not(SendVerdict.UnknownPeer, id, $"there is no peer {request.To}"));
        else
        {
            var message = NewMessage(request, id, level, digest);
            if (_usage.Refusal(message.To, message.Bytes, level.Persisted) is { } full)
                reply.SetResult(Not(SendVerdict.Full, id, full));
            else Accept(message, request.Payload, reply);
        }
    }

    private void Accept(Message message, ReadOnlyMemory<byte> payload, TaskCompletionSource<SendReply> reply)
    {
        _usage.Move(message, message.Level.Persisted ? Room.Disk : Room.Memory);
        if (!message.Level.Persisted)
        {
            message.Payload = payload.ToArray(); // the caller's buffer is the caller's again after the answer
            AcceptInMemory(message, reply);
            return;
        }
        message.Stored = true;
        _accepting.Add(message.Id, (message.Digest, reply));
        Entry entry = new(Collection.Outbox, message.Id, message.Sequence, message.ToHeader(), payload);
        InOrder(message, [entry], failure =>
        {
            _accepting.Remove(message.Id);
            if (failure is null)
            {
                Begin(message);
                reply.SetResult(new SendReply(SendVerdict.Accepted, message.Id, Stable: true));
                return;
            }
            _usage.Move(message, Room.None);
            var verdict = failure is StoreFullException ? SendVerdict.Full : SendVerdict.Unavailable;
            reply.SetResult(Not(verdict, message.Id, failure.Message));
        });
    }

    private void AcceptInMemory(Message message, TaskCompletionSource<SendReply> reply)
    {
        if (!_acceptingLanes.ContainsKey(message.Lane))
        {
            Begin(message);
            reply.SetResult(new SendReply(SendVerdict.Accepted, message.Id));
            return;
        }
        // Not before what was handed over earlier for this lane and is on its way to the disk, or waits for that.
        _accepting.Add(message.Id, (message.Digest, reply));
        InOrder(message, [], _ =>
        {
            _accepting.Remove(message.Id);
            if (_stopping) // what waits in memory was made dead letters of already
            {
                _usage.Move(message, Room.None);
                reply.SetResult(Not(SendVerdict.Unavailable, message.Id, Stops));
                return;
            }
            Begin(message);
            reply.SetResult(new SendReply(SendVerdict.Accepted, message.Id));
        });
    }

    /// <summary>Takes a message into its lane when the commit has ended that it is part of or waits for.</summary>
    private void InOrder(Message message, ReadOnlySpan<Entry> entries, Action<StoreException?> done)
    {
        _acceptingLanes[message.Lane] = _acceptingLanes.GetValueOrDefault(message.Lane) + 1;
        _commits.Add(entries, [], failure =>
        {
            if (--_acceptingLanes[message.Lane] == 0) _acceptingLanes.Remove(message.Lane);
            done(failure);
        });
    }

    private void Begin(Message message)
    {
        Counters.Accepted++;
        Place(message);
        if (Peers.Find(message.To) is null) Die(message, PeerRemoved); // since it was asked for
    }

    /// <summary>Puts a message that is kept at the end of its lane.</summary>
    private void Place(Message message)
    {
        WaitingNow++;
        message.State = MessageState.Waiting;
        message.Position = NextPosition();
        _messages[message.Id] = message;
        _index.Add(message);
        if (message.ExpiresAt != 0) ExpireLater(message);
        var pump = PumpOf(message.To);
        pump.Add(message);
        _changed.Add(pump);
    }

    private bool Known(Guid id, UInt128 digest, TaskCompletionSource<SendReply> reply)
    {
        if (_accepting.TryGetValue(id, out var first))
        {
            if (first.Digest == digest) _ = AnswerLikeAsync(first.Reply.Task, reply);
            else reply.SetResult(Not(SendVerdict.Conflict, id, OtherContent));
            return true;
        }
        if (_messages.TryGetValue(id, out var message))
        {
            reply.SetResult(message.CallerId && message.Digest == digest
                ? new SendReply(SendVerdict.Known, id, message.State, message.Stored)
                : Not(SendVerdict.Conflict, id, OtherContent));
            return true;
        }
        if (_remembered.Find(id) is not { } remembered) return false;
        reply.SetResult(remembered.Digest == digest
            ? new SendReply(SendVerdict.Known, id, remembered.State, remembered.Stable)
            : Not(SendVerdict.Conflict, id, OtherContent));
        return true;
    }

    // The same message sent twice at once: both callers learn what the first one learns.
    private static async Task AnswerLikeAsync(Task<SendReply> first, TaskCompletionSource<SendReply> reply)
    {
        var answer = await first;
        reply.SetResult(answer.Verdict == SendVerdict.Accepted ? answer with { Verdict = SendVerdict.Known } : answer);
    }

    private Message NewMessage(SendRequest request, Guid id, DeliveryLevel level, UInt128 digest)
    {
        var ttl = request.TimeToLive ?? level.TimeToLive;
        var now = Clock.Wall;
        return new Message
        {
            Id = id,
            To = request.To,
            Protocol = request.Protocol,
            Level = level,
            Key = request.Key,
            Created = now,
            Expires = ttl is { } t ? now + t : null,
            ExpiresAt = ttl is { } e ? Clock.Now + e.Ticks : 0,
            Attributes = request.Attributes,
            PayloadBytes = request.Payload.Length,
            CallerId = request.Id is not null,
            Digest = digest,
            Sequence = _parts.Journal.NextSequence(),
        };
    }

    private PeerPump PumpOf(PeerId peer)
    {
        if (!_pumps.TryGetValue(peer, out var pump)) _pumps.Add(peer, pump = new PeerPump(peer, this));
        return pump;
    }

    private void AfterRound()
    {
        Expire();
        foreach (var pump in _changed) pump.Pump();
        _changed.Clear();
        _remembered.CommitTo(_commits, Clock);
        _commits.AfterRound();
    }

    private void ExpireLater(Message message)
    {
        if (_expiry.Count > 1000 + (2 * WaitingNow)) // what ended long before its time is still in the queue
        {
            var live = _expiry.UnorderedItems.Where(i => i.Element.Live).ToList();
            _expiry.Clear();
            _expiry.EnqueueRange(live);
        }
        _expiry.Enqueue(message, message.ExpiresAt);
    }

    private void Expire()
    {
        if (Clock.Held) return;
        var now = Clock.Now;
        while (_expiry.TryPeek(out var message, out var due) && due <= now)
        {
            _expiry.Dequeue();
            if (message.State == MessageState.Waiting) Die(message, Expired);
            else if (message.State == MessageState.Sending) message.EndAfterFlight ??= (MessageState.Dead, Expired);
        }
    }

    private static SendReply Not(SendVerdict verdict, Guid id, string reason) => new(verdict, id, Reason: reason);
}
