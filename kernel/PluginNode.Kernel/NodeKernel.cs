using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using PluginNode.Delivery;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Plugins;
using PluginNode.Recovery;
using PluginNode.Requests;
using PluginNode.Storage;
using PluginNode.Sync;
using PluginNode.Transports;
using PluginNode.Wire;

namespace PluginNode;

/// <summary>What a kernel is made of.</summary>
public sealed record KernelParts(
    NodeIdentity Identity, IReadOnlyList<NodeIdentity> Former, IRecordStore Store, PeerBook Peers, TimeProvider Time,
    IChance Chance, ILoggerFactory Loggers)
{
    /// <summary>The event kinds. Those of plugins are added before the kernel is opened: what the store kept falls
    /// under their bounds. Default: none.</summary>
    public EventKinds Kinds { get; init; } = new();

    /// <summary>Where events' signatures are checked. Default: on the thread of who merges.</summary>
    public ISignatureChecks SignatureChecks { get; init; } = new InlineSignatureChecks();

    /// <summary>Told, from any thread, when a strategy, a projection or an answerer of a plugin threw or hung: its
    /// owner, and what happened, one line. Throws nothing. Default: nobody, and the log says it.</summary>
    public Action<string, string>? PluginFaulted { get; init; }
}

/// <summary>What came of removing a peer.</summary>
public enum PeerRemoval
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>There is no such peer.</summary>
    NotFound,

    /// <summary>The configuration file names it.</summary>
    Configured,

    /// <summary>Messages wait for it, and it was not said what to do with them.</summary>
    HasWaiting,

    /// <summary>The store failed; nothing was changed.</summary>
    Unavailable,
}

/// <summary>
/// The kernel of one node: outbox, inbox and peers over a record store, sending and receiving through the transports
/// that are attached. Life: <see cref="OpenAsync"/> → attach transports and sinks → use → <see cref="StopAsync"/> →
/// dispose, which closes the store.
/// </summary>
public sealed class NodeKernel : IAsyncDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TidyFirst = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TidyEvery = TimeSpan.FromMinutes(10);

    private readonly KernelParts _parts;
    private readonly KernelOptions _options;
    private readonly ILogger _logger;
    private readonly Journal _journal;
    private readonly NodeClock _clock;
    private readonly OutboxLoop _outbox;
    private readonly InboxLoop _inbox;
    private readonly Router _router;
    private readonly Reception _reception;
    private readonly SinkDispatcher _sinks;
    private readonly NodeLedger _ledger;
    private readonly RequestDesk _requests;
    private readonly CancellationTokenSource _stopped = new();
    private Task _ticking = Task.CompletedTask;
    private bool _stopBegun, _disposed;

    private NodeKernel(KernelParts parts, KernelOptions options, StoreReport report, RecordSealer sealer)
    {
        (_parts, _options, StoreReport) = (parts, options, report);
        _logger = parts.Loggers.CreateLogger("PluginNode.Kernel");
        _journal = new Journal(parts.Store, sealer, parts.Time, report.LastSequence, _logger);
        _clock = new NodeClock(parts.Time, _journal, _logger);
        _router = new Router(parts.Time, _logger);
        Span<byte> epoch = stackalloc byte[8];
        parts.Chance.Fill(epoch);
        var frames = new FrameSealer(parts.Identity, BinaryPrimitives.ReadUInt64BigEndian(epoch));
        Policy = new DeliveryPolicy(options);
        var sender = new WindowSender(_journal, frames, _router, parts.Identity.Self);
        _outbox = new OutboxLoop(
            new OutboxParts(parts.Peers, _clock, _journal, sender, parts.Time, parts.Chance, _logger), options);
        _inbox = new InboxLoop(_journal, _clock, parts.Time, options, _logger);
        var oneAttempt = new OneAttempt(
            parts.Peers, _router, frames, _outbox.NextPosition, _clock, parts.Identity.Self);
        Outbox = new Outbox(_outbox, oneAttempt, Policy, options, parts.Chance);
        Inbox = new Inbox(_inbox);
        _sinks = new SinkDispatcher(Inbox, _inbox, options.Retry, parts, _logger);
        _ledger = new NodeLedger(parts, options.Ledger, _journal, _logger);
        Recovery = new NodeRecovery(new RecoveryParts(
            parts, options.Sync, options.Ledger.Profile, _ledger, _clock, _journal, _logger));
        _requests = new RequestDesk(parts.Peers, parts.Time, _logger, parts.PluginFaulted);
        Requests = new PeerRequests(parts.Peers, _router, parts.Time, _logger);
        _reception = new Reception(
            parts.Peers, frames, _inbox, _outbox, _clock, parts.Chance, _requests, Recovery.Heard);
    }

    /// <summary>Messages to peers.</summary>
    public Outbox Outbox { get; }

    /// <summary>Messages from peers.</summary>
    public Inbox Inbox { get; }

    /// <summary>The verified events.</summary>
    public ILedger Ledger => _ledger.Index;

    /// <summary>Unsigned events, apart from the ledger; null where none are kept.</summary>
    public Hearsay? Hearsay => _ledger.Intake.Hearsay;

    /// <summary>Records events of this node.</summary>
    public OwnEvents Events => _ledger.Own;

    /// <summary>The keys that were learned from events.</summary>
    public IEventKeys EventKeys => _ledger.Keys;

    /// <summary>Verifies and merges events of others.</summary>
    public EventIntake Intake => _ledger.Intake;

    /// <summary>Gets the ledger from neighbours, and keeps it whole.</summary>
    public NodeRecovery Recovery { get; }

    /// <summary>Asks peers, over the transports that can.</summary>
    public IPeerRequests Requests { get; }

    /// <summary>The peers.</summary>
    public PeerBook Peers => _parts.Peers;

    /// <summary>Which protocol has which level.</summary>
    internal DeliveryPolicy Policy { get; }

    /// <summary>What opening the store found.</summary>
    public StoreReport StoreReport { get; }

    /// <summary>What transports are started with; an <see cref="IRawStreamHost"/> and an <see cref="IRequestHost"/>
    /// too.</summary>
    public ITransportHost TransportHost => _reception;

    /// <summary>Opens the store and takes over what it kept.</summary>
    /// <exception cref="StoreException">The store cannot be opened; <see cref="WrongKeyException"/>: it was sealed with
    /// another identity. Either way it is as it was.</exception>
    public static async Task<NodeKernel> OpenAsync(
        KernelParts parts, KernelOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(options);
        var sealer = new RecordSealer(parts.Identity, parts.Former, parts.Chance);
        var report = await parts.Store.OpenAsync(sealer.MatchKeys, cancellation);
        var kernel = new NodeKernel(parts, options, report, sealer);
        try
        {
            await kernel.RestoreAsync(cancellation);
        }
        catch
        {
            await parts.Store.DisposeAsync(); // it was opened, and nobody else will close it
            throw;
        }
        kernel._ticking = Task.WhenAll(kernel.TickAsync(), kernel.TidyAsync());
        return kernel;
    }

    /// <summary>Lets messages be sent through a transport, which the caller has started with
    /// <see cref="TransportHost"/>.</summary>
    /// <exception cref="InvalidOperationException">Another one has its scheme.</exception>
    public void Attach(ITransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _router.Attach(transport);
        foreach (var peer in Peers.All.Where(p => p.Addresses.Any(a => a.Scheme == transport.Scheme)))
            _outbox.Wake(peer.Id);
    }

    /// <summary>No more is sent through this transport; what is under way ends by itself.</summary>
    public void Detach(ITransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        _router.Detach(transport);
    }

    /// <summary>Lets a sink take the inbox messages of its protocols.</summary>
    /// <exception cref="InvalidOperationException">Another one takes such a protocol.</exception>
    public void Attach(IMessageSink sink) => _sinks.Attach(sink);

    /// <summary>Lets a strategy be used, where configuration does not leave it out: from the next run on.</summary>
    /// <param name="strategy">It.</param>
    /// <param name="owner">The id of the plugin that provides it.</param>
    /// <exception cref="InvalidOperationException">Another one has its name.</exception>
    public void Attach(ISyncStrategy strategy, string owner) => Recovery.Attach(strategy, owner);

    /// <summary>Lets neighbours be asked what they hold by day.</summary>
    /// <inheritdoc cref="Attach(ISyncStrategy, string)"/>
    public void Attach(INeighbourDays days, string owner) => Recovery.Attach(days, owner);

    /// <summary>Lets a projection follow the ledger.</summary>
    /// <inheritdoc cref="Attach(ISyncStrategy, string)"/>
    public void Attach(IProjection projection, string owner) => Recovery.Attach(projection, owner);

    /// <summary>Takes away the strategies, days and projections of a plugin. When this ends none of them is at work any
    /// more, unless it does not come back within ten seconds of being cancelled, which is reported.</summary>
    public Task DetachSyncAsync(string owner) => Recovery.DetachAsync(owner);

    /// <summary>Lets requests of peers be answered.</summary>
    /// <param name="answerer">It.</param>
    /// <param name="owner">The id of the plugin that provides it.</param>
    /// <exception cref="ArgumentException">What it says of itself cannot be.</exception>
    /// <exception cref="InvalidOperationException">Another one answers its protocol.</exception>
    public void Attach(IRequestAnswerer answerer, string owner) => _requests.Attach(answerer, owner);

    /// <summary>Takes away what answers requests of a plugin; see <see cref="DetachSyncAsync"/>.</summary>
    public Task DetachAnswerersAsync(string owner) => _requests.DetachAsync(owner);

    /// <summary>Looks at what waits for a peer: its addresses or its pause changed.</summary>
    public void PeerChanged(PeerId peer)
    {
        _outbox.Wake(peer);
        Recovery.PeerChanged();
    }

    /// <summary>The operator's word that the wall clock is right: expiry goes on.</summary>
    public void ConfirmClock() => _clock.Confirm(_clock.Wall);

    /// <summary>Removes a peer that was added at run time.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="deadLetterWaiting">Whether messages that wait for it become dead letters; else they keep
    /// it.</param>
    public async Task<PeerRemoval> RemovePeerAsync(string name, bool deadLetterWaiting)
    {
        if (Peers.Find(name) is not { } peer) return PeerRemoval.NotFound;
        if (Peers.IsConfigured(name)) return PeerRemoval.Configured;
        var waiting = await _outbox.Box.AskAsync(() => _outbox.WaitingFor(peer.Id));
        if (waiting > 0 && !deadLetterWaiting) return PeerRemoval.HasWaiting;
        if (await Peers.RemoveAsync(name) != PeerChange.Done) return PeerRemoval.Unavailable;
        _outbox.Box.Post(() => _outbox.Abandon(peer.Id));
        return PeerRemoval.Done;
    }

    /// <summary>The counters as they stand.</summary>
    public async Task<KernelMetrics> MetricsAsync()
    {
        var (received, duplicates, refused, inbox) = await _inbox.Box.AskAsync(
            () => (_inbox.Received, _inbox.Duplicates, _inbox.Refused, _inbox.Waiting));
        var ledger = await _ledger.MetricsAsync();
        return await _outbox.Box.AskAsync(() =>
        {
            var c = _outbox.Counters;
            return new KernelMetrics(
                c.Accepted, c.Restored, c.Replayed, c.Delivered, c.Sent, c.Dead, c.Cancelled, c.Quarantined,
                _outbox.WaitingNow, _outbox.DeadLetters, received, duplicates, refused, inbox,
                StoreReport.Damage.Count + _journal.Damaged, _clock.Held, ledger);
        });
    }

    /// <summary>
    /// Takes no more messages, lets what is in flight end until the token fires, and makes dead letters of what waits
    /// in memory only. Transports are to be stopped after this, the kernel disposed after them: until then the ledger
    /// takes events, so that a transport can have its goodbye recorded.
    /// </summary>
    public async Task StopAsync(CancellationToken graceEnds)
    {
        if (_stopBegun) return;
        _stopBegun = true;
        await _stopped.CancelOnceAsync();
        await _ticking;
        await Recovery.StopAsync();
        await _requests.StopAsync();
        await _sinks.StopAsync(graceEnds);
        await _outbox.StopAsync(graceEnds);
        await _inbox.StopAsync();
        try
        {
            await _clock.MarkAsync();
        }
        catch (StoreException e)
        {
            LogMessages.StoreFailed(_logger, e.Message);
        }
    }

    /// <summary>Stops without grace where it was not stopped, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        if (_disposed) return;
        _disposed = true;
        await _ledger.StopAsync();
        try
        {
            await _journal.DisposeAsync();
        }
        catch (StoreException e)
        {
            LogMessages.StoreFailed(_logger, e.Message); // some removals are not written: those records are met again
        }
        _stopped.Dispose();
    }

    private async Task RestoreAsync(CancellationToken cancellation)
    {
        foreach (var damage in StoreReport.Damage)
            LogMessages.StoreDamaged(_logger, damage.What, damage.Bytes, damage.Where);
        var content = await StoreContent.ReadAsync(_journal, cancellation);
        foreach (var (sequence, mark) in content.Clock.TakeLast(1)) _clock.Restore(sequence, mark);
        foreach (var (sequence, _) in content.Clock.SkipLast(1)) _journal.Remove(sequence);
        Peers.Restore(_journal, content.Peers);
        _outbox.Restore(content.Outbox, content.DeadMarks, content.RememberedIds, Policy);
        _inbox.Restore(content.Inbox, content.SeenIds);
        await _ledger.RestoreAsync(content, cancellation);
        Recovery.Restore(content, StoreReport.Damage.Count + _journal.Damaged > 0);
        LogMessages.StoreOpened(
            _logger, _outbox.Counters.Restored, content.Inbox.Count, _outbox.DeadLetters, StoreReport.Damage.Count);
    }

    /// <summary>Now and then forgets dead letters that are too old, and gives back the space that removed records take
    /// between others that stay.</summary>
    private async Task TidyAsync()
    {
        using var timer = new PeriodicTimer(TidyFirst, _parts.Time); // soon: some never live for long
        try
        {
            while (await timer.WaitForNextTickAsync(_stopped.Token))
            {
                timer.Period = TidyEvery;
                _outbox.Box.Post(() => _outbox.PruneDeadLetters(_options.DeadLetterKeep));
                try
                {
                    await _journal.CompactAsync(_stopped.Token);
                }
                catch (StoreException e)
                {
                    LogMessages.StoreFailed(_logger, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The kernel stops.
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TickEvery, _parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopped.Token))
            {
                _outbox.Box.Post(static () => { }); // a round: what has expired ends
                _inbox.Box.Post(_inbox.Prune);
                try
                {
                    await _clock.TickAsync();
                }
                catch (StoreException e)
                {
                    LogMessages.StoreFailed(_logger, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The kernel stops.
        }
    }
}
