using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Simulation.Machine;

/// <summary>How the network misbehaves; chances are for each batch.</summary>
internal sealed record NetworkFaults(
    double LostRequest = 0, double LostAnswer = 0, double Again = 0, double Late = 0, double ForeignOutcomes = 0);

/// <summary>Carries batches between nodes, late, twice, or not at all.</summary>
internal sealed class SimNetwork(Scheduler scheduler)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(8); // for days a node has ten

    private readonly Dictionary<PeerId, (NodeContext Context, ITransportHost Host)> _hosts = [];
    private readonly Dictionary<PeerId, (NodeContext Context, ILedger Ledger)> _ledgers = [];
    private readonly HashSet<(PeerId From, PeerId To)> _cut = [];

    public NetworkFaults Faults { get; set; } = new();

    /// <summary>Told of every batch that a node sends.</summary>
    public Action<PeerId, PeerId, IReadOnlyList<Frame>>? Sending { get; set; }

    /// <summary>Told of every message that a node sends on a stream of its own.</summary>
    public Action<RawMessage>? SendingRaw { get; set; }

    /// <summary>Told of every answer that a node gives.</summary>
    public Action<PeerId, PeerId, IReadOnlyList<SendOutcome>>? Answering { get; set; }

    /// <summary>Answers for nodes that are none: they lie.</summary>
    public Dictionary<PeerId, Func<IReadOnlyList<Frame>, IReadOnlyList<SendOutcome>>> Liars { get; } = [];

    public void Join(PeerId id, NodeContext context, ITransportHost host) => _hosts[id] = (context, host);

    /// <summary>Lets others ask what a ledger holds.</summary>
    public void Serve(PeerId id, NodeContext context, ILedger ledger) => _ledgers[id] = (context, ledger);

    public void Leave(PeerId id)
    {
        _hosts.Remove(id);
        _ledgers.Remove(id);
    }

    public void Cut(PeerId from, PeerId to) => _cut.Add((from, to));

    public void HealAll() => _cut.Clear();

    public Task<IReadOnlyList<SendOutcome>> SendAsync(
        NodeContext context, PeerId from, PeerId to, IReadOnlyList<Frame> frames)
    {
        scheduler.CheckThread();
        Sending?.Invoke(from, to, frames);
        var copies = frames.Select(f => (ReadOnlyMemory<byte>)f.Bytes.ToArray()).ToList();
        return CarryAsync(
            context, from, to, Liars.TryGetValue(to, out var liar) ? () => liar(frames) : null, again: true,
            async host =>
            {
                var outcomes = await host.ReceiveAsync(from, copies, CancellationToken.None);
                Answering?.Invoke(to, from, outcomes);
                return scheduler.Happens(Faults.ForeignOutcomes) ? Mixed(outcomes) : outcomes;
            });
    }

    /// <summary>One message on a stream of its own: sent when the other end has closed it, having taken it.</summary>
    public async Task<SendOutcome> SendRawAsync(NodeContext context, PeerId from, PeerId to, RawMessage message)
    {
        scheduler.CheckThread();
        SendingRaw?.Invoke(message);
        var copy = (ReadOnlyMemory<byte>)message.Payload.ToArray();
        var outcomes = await CarryAsync(context, from, to, lie: null, again: false, async host =>
        {
            var taken = await ((IRawStreamHost)host).ReceiveRawAsync(
                from, message.Protocol, copy, CancellationToken.None);
            Answering?.Invoke(to, from, [taken with { Id = message.Id }]);
            return taken.Status == SendStatus.Delivered ? [new SendOutcome(message.Id, SendStatus.Sent)] : [];
        });
        return outcomes.Count > 0 ? outcomes[0] : new SendOutcome(message.Id, SendStatus.Retry, "the stream was reset");
    }

    private Task<IReadOnlyList<SendOutcome>> CarryAsync(
        NodeContext context, PeerId from, PeerId to, Func<IReadOnlyList<SendOutcome>>? lie, bool again,
        Func<ITransportHost, Task<IReadOnlyList<SendOutcome>>> take)
    {
        var answer = new TaskCompletionSource<IReadOnlyList<SendOutcome>>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        var timeout = scheduler.After(Patience, context, () => answer.TrySetResult([]));
        void Answer(IReadOnlyList<SendOutcome> outcomes)
        {
            if (_cut.Contains((to, from)) || scheduler.Happens(Faults.LostAnswer)) return;
            scheduler.After(Latency(), context, () =>
            {
                timeout.CalledOff = true;
                if (answer.Task.IsCompleted) return;
                if (_hosts.TryGetValue(from, out var home) && outcomes.Count > 0) home.Host.Heard(to, null);
                answer.SetResult(outcomes);
            });
        }

        if (lie is not null) Answer(lie());
        else if (!_cut.Contains((from, to)) && !scheduler.Happens(Faults.LostRequest))
        {
            Arrive(from, to, take, Latency(), Answer);
            if (again && scheduler.Happens(Faults.Again))
                Arrive(from, to, take, scheduler.Between(TimeSpan.Zero, TimeSpan.FromMinutes(1)), _ => { });
        }
        return answer.Task;
    }

    /// <summary>Asks another node's ledger, through the same faults as frames.</summary>
    /// <param name="context">Of who asks.</param>
    /// <param name="from">Who asks.</param>
    /// <param name="to">Who is asked.</param>
    /// <param name="question">Run where the ledger is; told whether the answer is altered on its way.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null: it was refused, or there was no answer in time.</returns>
    public Task<T?> AskAsync<T>(
        NodeContext context, PeerId from, PeerId to, Func<ILedger, bool, T> question, CancellationToken cancellation)
        where T : class
    {
        scheduler.CheckThread();
        var answer = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var timeout = scheduler.After(ShortPatience, context, () => answer.TrySetResult(null));
        var cancelled = cancellation.Register(() => answer.TrySetCanceled(cancellation));
        if (!_cut.Contains((from, to)) && !scheduler.Happens(Faults.LostRequest))
            scheduler.After(Latency(), null, () =>
            {
                if (!_ledgers.TryGetValue(to, out var asked))
                {
                    Answer(null); // connection refused
                    return;
                }
                if (_hosts.TryGetValue(to, out var host)) host.Host.Heard(from, null);
                var altered = scheduler.Happens(Faults.ForeignOutcomes);
                scheduler.Post(asked.Context, () => Answer(question(asked.Ledger, altered)));
            });
        return answer.Task;

        void Answer(T? told)
        {
            if (_cut.Contains((to, from)) || scheduler.Happens(Faults.LostAnswer)) return;
            scheduler.After(Latency(), context, () =>
            {
                timeout.CalledOff = true;
                cancelled.Dispose();
                if (told is not null && _hosts.TryGetValue(from, out var home)) home.Host.Heard(to, null);
                answer.TrySetResult(told); // unless nobody waits for it any more
            });
        }
    }

    private void Arrive(
        PeerId from, PeerId to, Func<ITransportHost, Task<IReadOnlyList<SendOutcome>>> take, TimeSpan after,
        Action<IReadOnlyList<SendOutcome>> answer)
    {
        scheduler.After(after, null, () =>
        {
            if (!_hosts.TryGetValue(to, out var host))
            {
                answer([]); // connection refused
                return;
            }
            scheduler.Begin(host.Context, async () =>
            {
                host.Host.Heard(from, null);
                answer(await take(host.Host));
            });
        });
    }

    /// <summary>In another order, with some missing, and with one that nobody asked for.</summary>
    private List<SendOutcome> Mixed(IReadOnlyList<SendOutcome> outcomes)
    {
        var mixed = outcomes.Reverse().Where(_ => !scheduler.Happens(0.2)).ToList();
        mixed.Insert(
            scheduler.Below(mixed.Count + 1), new SendOutcome(scheduler.Chance.NewId(), SendStatus.Delivered));
        return mixed;
    }

    private TimeSpan Latency() => scheduler.Happens(Faults.Late)
        ? scheduler.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20))
        : scheduler.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(80));
}

/// <summary>One life's end of the network.</summary>
internal sealed class SimTransport(SimNetwork network, NodeContext context, PeerId self) : ITransport, IRawStreams
{
    public string Scheme => "sim";

    public int MaxFrameBytes => 1 << 20;

    public Task StartAsync(ITransportHost host, CancellationToken cancellation)
    {
        network.Join(self, context, host);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, PeerAddress address, IReadOnlyList<Frame> frames, CancellationToken cancellation) =>
        network.SendAsync(context, self, peer, frames);

    public bool IsRaw(string protocol) => protocol == Checks.SentMessage.RawProtocol;

    public Task<SendOutcome> SendRawAsync(
        PeerId peer, PeerAddress address, RawMessage message, CancellationToken cancellation) =>
        network.SendRawAsync(context, self, peer, message);

    public Task StopAsync(CancellationToken cancellation)
    {
        network.Leave(self);
        return Task.CompletedTask;
    }
}
