using System.Text;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;

namespace PluginNode.Simulation.World;

/// <summary>The application of one life of a node: sends bursts into lanes, changes its mind, reads its inbox and
/// acknowledges sooner or later. Tells the auditor everything that it is told.</summary>
internal sealed class Application(
    IStage stage, Auditor auditor, INode node, int life, NodeKernel kernel, TimeProvider time, bool raw = false)
{
    private readonly List<Guid> _mine = [];
    private readonly Dictionary<(PeerId, Guid), InboxReference> _unread = [];
    private readonly double _laziness = stage.Happens(0.2) ? 1 : stage.Chance.NextDouble();
    private bool _stopped;

    /// <summary>Whether it still sends; it reads to the end.</summary>
    public bool Quiet { get; set; }

    /// <summary>Begins to send, and to read.</summary>
    /// <param name="senders">How many send side by side.</param>
    public void Start(int senders = 1)
    {
        for (var i = 0; i < senders; i++) stage.Watch(SendAsync());
        stage.Watch(ReadAsync());
    }

    /// <summary>Begins to record events.</summary>
    public void StartRecording() => stage.Watch(RecordAsync());

    public void Stop() => _stopped = true;

    private async Task RecordAsync()
    {
        while (!_stopped && !Quiet)
        {
            await Pause(TimeSpan.FromSeconds(90));
            if (_stopped || Quiet) return;
            for (var count = 1 + stage.Below(3); count > 0; count--)
                stage.Watch(RecordAsync(auditor.Ledgers.NewFact(node.Name)));
        }
    }

    private async Task RecordAsync(Fact fact)
    {
        stage.Trace.Add(node.Name, $"records event {fact.Number}");
        try
        {
            var recorded = await kernel.Events.RecordAsync(Fact.Service, fact.Data);
            stage.Trace.Add(node.Name, $"event {fact.Number} is {recorded.Event?.ToString() ?? recorded.Problem}");
            auditor.Ledgers.Recorded(fact, recorded);
        }
        catch (Exception e) when (e is Storage.StoreException || (e is ObjectDisposedException && _stopped))
        {
            stage.Trace.Add(node.Name, $"event {fact.Number} is not recorded: {e.Message}");
        }
    }

    private async Task SendAsync()
    {
        while (!_stopped && !Quiet)
        {
            await Pause(TimeSpan.FromSeconds(20));
            if (_stopped || Quiet) return;
            var others = auditor.Addressees.Where(a => a != node.Id).ToList();
            var to = others[stage.Below(others.Count)];
            switch (stage.Below(12))
            {
                case 0: await UnlessStoppedAsync(ChangeAsync()); break;
                case 1: await PauseOrResumeAsync(to); break;
                case 2: SendOne(to, "/sim/none"); break;
                case 3 or 4: SendOne(to, "/sim/moderate"); break;
                case 5: SendAgain(to); break;
                default: Burst(to, raw && stage.Happens(0.3) ? SentMessage.RawProtocol : "/sim/critical"); break;
            }
        }
    }

    private void Burst(PeerId to, string protocol)
    {
        for (var count = 1 + stage.Below(12); count > 0; count--) SendOne(to, protocol);
    }

    private void SendOne(PeerId to, string protocol)
    {
        var key = stage.Below(4) is var k and > 0 ? $"key-{k}" : "";
        var sent = auditor.NewMessage(node, life, to, protocol, key);
        // a raw message that its peer has never room for waits for ever: nobody can tell the sender so
        var padding = protocol != SentMessage.RawProtocol && stage.Happens(0.05)
            ? stage.Below(40_000) : stage.Below(400);
        var request = new SendRequest
        {
            To = to, Protocol = protocol, Key = key, Id = stage.Happens(0.5) ? sent.Id : null,
            TimeToLive = stage.Happens(0.05)
                ? stage.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10)) : null,
            Payload = Encoding.UTF8.GetBytes($"{sent.Number} {new string('x', padding)}"),
        };
        sent.Request = request;
        stage.Watch(SendAsync(sent, request));
    }

    private async Task SendAsync(SentMessage sent, SendRequest request)
    {
        var to = auditor.NameOf(request.To);
        stage.Trace.Add(node.Name, $"sends #{sent.Number} {request.Protocol} to {to} '{request.Key}'");
        var reply = await kernel.Outbox.SendAsync(request, CancellationToken.None);
        stage.Trace.Add(node.Name, $"#{sent.Number} is {reply.Verdict} {reply.Reason}");
        auditor.Answered(sent, reply);
        if (reply.Verdict == SendVerdict.Full) await UnlessStoppedAsync(MakeRoomAsync());
        if (reply.Verdict == SendVerdict.Accepted) _mine.Add(reply.Id);
    }

    /// <summary>The same id once more, with the same content: the first result again.</summary>
    private void SendAgain(PeerId to)
    {
        if (auditor.SomeWithOwnId(node, to) is { Request: { } request } sent)
            stage.Watch(AgainAsync(sent, request));
    }

    private async Task AgainAsync(SentMessage sent, SendRequest request)
    {
        stage.Trace.Add(node.Name, $"sends #{sent.Number} again");
        auditor.AnsweredAgain(sent, await kernel.Outbox.SendAsync(request, CancellationToken.None));
    }

    private async Task ChangeAsync()
    {
        if (_mine.Count == 0) return;
        var id = _mine[stage.Below(_mine.Count)];
        var before = await kernel.Outbox.FindAsync(id);
        if (before is null) return;
        await ChangeAsync(before, (Change)stage.Below(4));
    }

    private async Task ChangeAsync(MessageView before, Change change)
    {
        var id = before.Id;
        auditor.Changing(node, before, change);
        var result = change switch
        {
            Change.Cancel => await kernel.Outbox.CancelAsync(id),
            Change.Retry => await kernel.Outbox.RetryAsync(id),
            Change.Replay => await kernel.Outbox.ReplayAsync(id),
            _ => await kernel.Outbox.PurgeAsync(id),
        };
        stage.Trace.Add(node.Name, $"{change} of {auditor.NumberOf(id)}: {result}");
        if (result == ChangeResult.Done && await kernel.Outbox.FindAsync(id) is { State: MessageState.Cancelled })
            auditor.CancelledForGood(node, id);
    }

    /// <summary>Deals with a dead letter, when it is told that there is no room.</summary>
    private async Task MakeRoomAsync()
    {
        var dead = await kernel.Outbox.ListAsync(new MessageQuery(MessageState.Dead, Limit: 20));
        if (dead.Count == 0) return;
        await ChangeAsync(dead[stage.Below(dead.Count)], stage.Happens(0.3) ? Change.Replay : Change.Purge);
    }

    private async Task PauseOrResumeAsync(PeerId to)
    {
        var name = auditor.NameOf(to);
        await kernel.Peers.PauseAsync(name, true);
        await Pause(TimeSpan.FromSeconds(60));
        await kernel.Peers.PauseAsync(name, false);
        kernel.PeerChanged(to);
    }

    private async Task ReadAsync()
    {
        var after = 0L;
        while (!_stopped)
        {
            var query = new InboxQuery(After: after, Limit: 1 + stage.Below(50), Wait: TimeSpan.FromSeconds(30));
            InboxPage page;
            try
            {
                page = await kernel.Inbox.ListAsync(query, CancellationToken.None);
            }
            catch (Storage.StoreException)
            {
                await Pause(TimeSpan.FromSeconds(5)); // the disk cannot be read just now
                continue;
            }
            catch (ObjectDisposedException) when (_stopped)
            {
                return;
            }
            foreach (var item in page.Items) Saw(item);
            after = page.Next;
            if (Quiet || stage.Happens(1 - _laziness)) await AckAsync();
        }
    }

    private void Saw(InboxItem item)
    {
        auditor.Saw(node, item);
        _unread[(item.Message.From, item.Message.Id)] = new InboxReference(item.Message.Id, item.Message.From);
    }

    private async Task AckAsync()
    {
        if (_unread.Count == 0) return;
        var some = _unread.Where(_ => Quiet || stage.Happens(0.7)).ToList();
        if (some.Count == 0) return;
        foreach (var (key, _) in some) _unread.Remove(key);
        try
        {
            await kernel.Inbox.AckAsync([.. some.Select(s => s.Value)]);
            foreach (var ((from, id), _) in some) auditor.Acknowledged(node, from, id);
        }
        catch (Exception e) when (e is Storage.StoreException || (e is ObjectDisposedException && _stopped))
        {
            foreach (var (key, reference) in some) _unread[key] = reference;
        }
    }

    /// <summary>A cancel waits for the attempt under way; the node may stop before the next question.</summary>
    private async Task UnlessStoppedAsync(Task change)
    {
        try
        {
            await change;
        }
        catch (ObjectDisposedException) when (_stopped)
        {
            stage.Trace.Add(node.Name, "stopped before the change was told");
        }
    }

    private Task Pause(TimeSpan most) => Task.Delay(stage.Between(TimeSpan.Zero, most), time);
}

/// <summary>What an application asks of a message that it sent before.</summary>
internal enum Change
{
    Cancel,
    Retry,
    Replay,
    Purge,
}
