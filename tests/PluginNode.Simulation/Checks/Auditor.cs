using System.Globalization;
using System.Text;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Simulation.Machine;
using PluginNode.Simulation.World;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Simulation.Checks;

/// <summary>Knows what every application was told, and holds the nodes to it.</summary>
internal sealed class Auditor(IStage stage, KernelOptions most)
{
    private static readonly string[] Secrets =
        ["/sim/", "key-1", "key-2", "key-3", "node-", "xxxxxxxxxxxx", Fact.Secret];

    private readonly List<SentMessage> _all = [];
    private readonly Dictionary<(int Node, Guid Id), SentMessage> _byId = [];
    private readonly Dictionary<(int To, PeerId From, string Key), (int Number, long Cursor, bool Raw)> _lanes = [];
    private readonly Dictionary<int, long> _flips = [];
    private readonly HashSet<int> _lostDisks = [];
    private readonly Dictionary<int, int> _lives = [];
    private readonly HashSet<int> _told = [];
    private readonly HashSet<(int Node, PeerId From, Guid Id)> _acknowledged = [];
    private readonly Dictionary<(int Node, int Life), long> _damage = [];

    /// <summary>Knows of events what this knows of messages.</summary>
    public LedgerAuditor Ledgers { get; } = new(stage);

    /// <summary>Everyone that messages can be sent to, with names.</summary>
    public List<PeerId> Addressees { get; } = [];

    public Dictionary<PeerId, string> Names { get; } = [];

    public int Messages => _all.Count;

    public int Seen => _all.Count(m => m.Cursor is not null);

    public string NameOf(PeerId id) => Names[id];

    public string NumberOf(Guid id) => _byId.Values.FirstOrDefault(m => m.Id == id) is { } m ? $"#{m.Number}" : "?";

    public SentMessage NewMessage(INode node, int life, PeerId to, string protocol, string key)
    {
        var message = new SentMessage
        {
            Number = _all.Count + 1, Id = stage.Chance.NewId(), From = node.Number, Life = life, To = to,
            Protocol = protocol, Key = key,
        };
        _all.Add(message);
        _byId[(node.Number, message.Id)] = message;
        return message;
    }

    public SentMessage? SomeWithOwnId(INode node, PeerId to)
    {
        var own = _all.Where(m => m.From == node.Number && m.To == to
            && m.Protocol != "/sim/none" && m.Request?.Id is not null).ToList();
        return own.Count == 0 ? null : own[stage.Below(own.Count)];
    }

    public void Answered(SentMessage message, SendReply reply)
    {
        message.Reply = reply;
        if (message.Id != reply.Id) (message.Id, _byId[(message.From, reply.Id)]) = (reply.Id, message);
        Check(reply.Verdict != SendVerdict.Invalid, $"#{message.Number} was called invalid: {reply.Reason}");
        Check(
            reply.Verdict != SendVerdict.Accepted || message.Protocol != "/sim/none",
            $"#{message.Number} has level none and was queued");
        Check(
            reply.Verdict != SendVerdict.Accepted || reply.Stable == message.IsCritical,
            $"#{message.Number} was accepted with the wrong durability");
    }

    public void AnsweredAgain(SentMessage message, SendReply reply)
    {
        Check(reply.Verdict != SendVerdict.Conflict, $"#{message.Number} sent again was a conflict with itself");
        if (reply.Verdict == SendVerdict.Accepted)
        {
            Check(!message.Promised || Lenient(message.From), $"#{message.Number}, promised before, was taken as new");
            message.Replayed = true; // its place in the lane is that of this second time
        }
        if (reply.Verdict is SendVerdict.Accepted or SendVerdict.Known) message.Reply ??= reply;
    }

    public void Changing(INode node, MessageView before, Change change)
    {
        if (!_byId.TryGetValue((node.Number, before.Id), out var message)) return;
        if (change == Change.Cancel) message.Cancelled = true;
        else if (change != Change.Purge) message.Replayed = true; // by hand: attempts and place in the lane are new
        else if (before.State == MessageState.Dead) message.Purged = true;
    }

    public void CancelledForGood(INode node, Guid id)
    {
        if (_byId.TryGetValue((node.Number, id), out var message)) message.CancelledForGood = true;
    }

    public void Sending(int from, IReadOnlyList<Frame> frames)
    {
        var lanes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var frame in frames)
        {
            if (!_byId.TryGetValue((from, frame.Id), out var message)) continue;
            if (!lanes.Add(message.Key)) continue; // behind another of its lane: held back with it
            message.Sends++;
            var tries = message.Protocol switch { "/sim/none" => 1, "/sim/moderate" => 4, _ => int.MaxValue };
            Check(message.Replayed || message.Sends <= tries, $"#{message.Number} was tried {message.Sends} times");
        }
    }

    public void SendingRaw(ReadOnlyMemory<byte> payload) => Written(payload).Streams++;

    public void Saw(INode node, InboxItem item)
    {
        if (Find(item.Message) is not { } message) return; // a liar's
        Check(message.To == node.Id, $"#{message.Number} reached the wrong node");
        if (message.IsRaw) CheckCopy(node, message, item.Message.Id);
        else
            Check(
                message.Cursor is null || message.Cursor == item.Cursor
                || Lenient(node.Number) || Lenient(message.From),
                $"#{message.Number} is twice in an inbox");
        Check(!message.CancelledForGood || Lenient(message.From), $"#{message.Number} arrived after it was cancelled");
        Check(
            !_acknowledged.Contains((node.Number, item.Message.From, item.Message.Id)) || Lenient(node.Number),
            $"#{message.Number} came back after it was acknowledged");
        var first = message.Cursor is null;
        if (first || !message.IsRaw) message.Cursor = item.Cursor;
        if (!first || !message.KeepsItsPlace || IsLeftOver(message)) return;
        var lane = (node.Number, item.Message.From, message.Key);
        // A raw message leaves no mark in the lane by which a late copy of a given up one could be known.
        if (_lanes.TryGetValue(lane, out var last) && item.Cursor > last.Cursor && !Lenient(node.Number)
            && (message.IsCritical || !last.Raw))
            Check(message.Number > last.Number, $"#{message.Number} came behind #{last.Number} of its lane");
        if (!_lanes.ContainsKey(lane) || message.Number > last.Number)
            _lanes[lane] = (message.Number, item.Cursor, message.IsRaw);
        stage.Trace.Add(node.Name, $"sees #{message.Number}");
    }

    public void Acknowledged(INode node, PeerId from, Guid id)
    {
        _acknowledged.Add((node.Number, from, id));
        stage.Trace.Add(node.Name, $"acknowledged {NumberOf(id)}");
    }

    /// <summary>A raw message has its number and nothing else to be known by.</summary>
    private SentMessage? Find(InboxMessage arrived)
    {
        var sender = Addressees.IndexOf(arrived.From);
        if (arrived.Protocol != SentMessage.RawProtocol) return _byId.GetValueOrDefault((sender, arrived.Id));
        var message = Written(arrived.Payload);
        Check(message.IsRaw && message.From == sender, $"#{message.Number} came from another node than sent it");
        Check(message.Request!.Payload.Span.SequenceEqual(arrived.Payload.Span), $"#{message.Number} was altered");
        return message;
    }

    private SentMessage Written(ReadOnlyMemory<byte> payload)
    {
        var text = Encoding.UTF8.GetString(payload.Span);
        return _all[int.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture) - 1];
    }

    private void CheckCopy(INode node, SentMessage message, Guid id)
    {
        message.Copies.Add(id);
        Check(
            message.Copies.Count <= message.Streams || Lenient(node.Number),
            $"#{message.Number} was sent {message.Streams} times and came {message.Copies.Count} times");
    }

    public void LifeBegan(INode node, NodeKernel kernel)
    {
        foreach (var message in _all.Where(m => m.From == node.Number)) message.Sends = 0;
        _damage[(node.Number, node.Lives)] = kernel.StoreReport.Damage.Count;
        _lives[node.Number] = node.Lives;
        Ledgers.Audit(node, kernel, Lenient(node.Number));
    }

    public void StartFailed(INode node, StoreException e) =>
        Check(
            !e.Message.Contains("sealed with", StringComparison.Ordinal),
            $"{node.Name} does not know its own key: {e.Message}");

    /// <summary>The log says so, also of an opening that fails afterwards, whose report nobody gets.</summary>
    public void ToldOfDamage(INode node) => _told.Add(node.Number);

    public void Flipped(INode node) => _flips[node.Number] = _flips.GetValueOrDefault(node.Number) + 1;

    public void LostDisk(INode node) => _lostDisks.Add(node.Number);

    /// <summary>The conservation law, at any moment; and what a life says it found damaged.</summary>
    public void Check(KernelMetrics m, INode node)
    {
        _damage[(node.Number, node.Lives)] = m.DamagedRecords;
        var came = m.Accepted + m.Restored + m.Replayed;
        var went = m.Delivered + m.Sent + m.Dead + m.Cancelled + m.Quarantined + m.Waiting;
        Check(came == went, $"{node.Name}: the counters do not conserve: {m}");
    }

    /// <summary>What has to hold at any moment.</summary>
    public async Task AuditAsync(INode node, NodeKernel kernel)
    {
        Ledgers.Audit(node, kernel, Lenient(node.Number));
        Check(await kernel.MetricsAsync(), node);
        var waiting = await kernel.Outbox.ListAsync(new MessageQuery(Limit: 1000));
        CheckRoom(node, waiting, await kernel.Outbox.ListAsync(new MessageQuery(MessageState.Dead, Limit: 1000)));
    }

    /// <summary>When all have had the time for it: the ledgers are the same, and whole.</summary>
    public void CheckLedgers(IReadOnlyList<INode> nodes)
    {
        Check(Ledgers.Difference(nodes) is null, $"the ledgers differ: {Ledgers.Difference(nodes)}");
        foreach (var node in nodes) Ledgers.CheckWhole(node, node.Kernel!.Ledger, nodes.Where(n => !Lenient(n.Number)));
    }

    private void CheckRoom(INode node, IReadOnlyList<MessageView> waiting, IReadOnlyList<MessageView> dead)
    {
        const long Overhead = 512; // what the node adds for each message
        var memory = waiting.Where(m => !m.Stable).Sum(m => m.PayloadBytes + Overhead);
        Check(memory <= most.Limits.Memory, $"{node.Name} holds {memory} bytes in memory");
        var kept = waiting.Where(m => m.Stable).Concat(dead).DistinctBy(m => m.Id).ToList();
        var all = kept.Sum(m => m.PayloadBytes + Overhead);
        Check(all <= most.Limits.Bytes + most.Limits.Memory, $"{node.Name} keeps {all} bytes");
        foreach (var peer in kept.GroupBy(m => m.To))
            Check(
                peer.Sum(m => m.PayloadBytes + Overhead) <= most.Limits.BytesPerPeer + most.Limits.Memory,
                $"{node.Name} keeps too much for {NameOf(peer.Key)}");
    }

    /// <summary>Its disk holds no more than the limits let it.</summary>
    public void CheckDisk(INode node, long bytes)
    {
        // Twice, because compaction rewrites what is less than half in use; and what is written ahead.
        var room = (2 * (most.Limits.Bytes + most.Limits.Memory + most.Inbox.Bytes)) + (1 << 20);
        Check(bytes <= room, $"{node.Name} takes {bytes} bytes of the disk");
    }

    /// <summary>No payload, name, lane or protocol is readable on a disk.</summary>
    public void CheckImage(INode node, IEnumerable<(string Name, byte[] Bytes)> disk)
    {
        foreach (var (name, image) in disk)
            foreach (var secret in Secrets)
                Check(
                    image.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0,
                    $"{node.Name}: '{secret}' is readable in {name}");
    }

    /// <summary>When trouble has been over for long: everything promised was seen, or its end is known.</summary>
    public async Task SettledAsync(IReadOnlyList<INode> nodes)
    {
        var losses = new Losses(_flips);
        foreach (var message in _all.Where(m => m.Promised && m.Cursor is null))
        {
            var sender = nodes[message.From];
            var view = await sender.Kernel!.Outbox.FindAsync(message.Id);
            var receiver = nodes.FirstOrDefault(n => n.Id == message.To);
            if (receiver is null || view is { State: MessageState.Dead or MessageState.Quarantined }) continue;
            if (view is { State: MessageState.Cancelled or MessageState.MaybeDelivered }) continue;
            if (message.Cancelled || message.Purged) continue;
            var paused = sender.Kernel!.Peers.Find(message.To)?.Paused;
            Check(
                Lenient(message.From) || Lenient(receiver.Number),
                $"#{message.Number} was promised and never arrived; its sender says {view?.State.ToString() ?? "?"} "
                + $"{view?.Reason}, next try {view?.NextAttempt}, peer paused {paused}");
            if (_lostDisks.Contains(message.From) || _lostDisks.Contains(receiver.Number)) continue;
            stage.Trace.Add("auditor", $"#{message.Number} is gone; its sender says {view?.State}");
            losses.Add(message.From, receiver.Number);
        }
        var tooMany = losses.TooMany();
        Check(tooMany is null, $"nodes {string.Join(", ", tooMany ?? [])} lost more than was flipped");
        Check(losses.All.All(l => l.Any(HasReported)), "a message was lost to damage that nobody reported");
        foreach (var node in nodes)
        {
            Check(await node.Kernel!.MetricsAsync(), node);
            foreach (var waiting in await node.Kernel!.Outbox.ListAsync(new MessageQuery(Limit: 1000)))
                Check(nodes.All(n => n.Id != waiting.To), $"{NumberOf(waiting.Id)} still waits: {waiting.Reason}");
        }
    }

    private bool HasReported(int node) =>
        _told.Contains(node) || _damage.Any(d => d.Key.Node == node && d.Value > 0);

    /// <summary>A message that its sender held in memory only and forgot in a crash: a copy of it that was on its way
    /// may come late.</summary>
    private bool IsLeftOver(SentMessage message) => !message.IsCritical && message.Life != _lives[message.From];

    /// <summary>Where a bit was flipped or a disk lost, one message may be gone or come again.</summary>
    private bool Lenient(int node) => _flips.ContainsKey(node) || _lostDisks.Contains(node);

    private void Check(bool holds, string broken)
    {
        if (holds) return;
        stage.Fail(broken);
        throw new SimulationException(broken);
    }
}
