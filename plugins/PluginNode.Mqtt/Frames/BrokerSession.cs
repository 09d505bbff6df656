using Microsoft.Extensions.Logging;
using PluginNode.Identity;
using PluginNode.Mqtt.Ledger;
using PluginNode.Mqtt.Plaza;
using PluginNode.Mqtt.Requests;
using PluginNode.Mqtt.Wire;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Frames;

/// <summary>
/// The transport while it runs. The broker keeps no session for it: what comes while it is away would be answered too
/// late anyway, and comes again. Each connection begins with the subscriptions and then the word that it is up, so that
/// whoever is woken by that is heard.
/// </summary>
internal sealed class BrokerSession
{
    // most that the start waits for a broker that says nothing; the loop goes on behind it
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);

    // most that the end waits for a broker that takes nothing
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    // what may be received and not yet looked at
    private const long Unread = 64L << 20;

    private readonly MqttNode _node;
    private readonly ITransportHost _host;
    private readonly Action<PeerId, bool>? _changed;
    private readonly BrokerAccess _access;
    private readonly ILogger _logger;
    private readonly OwnPresence _presence;
    private readonly PresenceBoard _board;
    private readonly MqttClient _client;
    private readonly SignedCalls _calls;
    private readonly FrameSender _sender;
    private readonly FrameReceiver _receiver;
    private readonly RequestSender _asker;
    private readonly RequestReceiver _answerer;
    private readonly LedgerDesk? _desk;
    private readonly PlazaEar? _ear;
    private readonly Announcer? _announcer;
    private readonly CallGate _sends = new();
    private readonly CallGate _receipts = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _saying = new();
    private Task _subscribing = Task.CompletedTask;
    private Task _announcing = Task.CompletedTask;
    private bool _isLeaving;

    /// <param name="options">The settings, with a broker.</param>
    /// <param name="access">Is its own from now on.</param>
    /// <param name="node">The node.</param>
    /// <param name="host">Who takes the frames.</param>
    /// <param name="changed">Is told when a peer comes or goes.</param>
    /// <param name="ledger">The node's ledger; null: there is none.</param>
    public BrokerSession(
        MqttOptions options, BrokerAccess access, MqttNode node, ITransportHost host, Action<PeerId, bool>? changed,
        LedgerParts? ledger)
    {
        (_node, _host, _changed, _access) = (node, host, changed, access);
        _logger = node.Loggers.CreateLogger<MqttTransport>();
        _presence = new OwnPresence(node, options.MaxPacketBytes);
        _board = new PresenceBoard(node, PeerChanged);
        _client = new MqttClient(
            ClientOptions(options, access, node, _presence), node.Time, node.Chance,
            node.Loggers.CreateLogger<MqttClient>(), StateChanged);
        _calls = new SignedCalls(node, _client);
        _sender = new FrameSender(options, node, _client, _board, _calls);
        var judge = new RequestJudge(node);
        var answers = new SignedAnswers(
            options, node, host, _receipts, _client.PublishAsync, judge, _closing.Token);
        _receiver = new FrameReceiver(options, node, host, answers);
        _asker = new RequestSender(options, node, _calls, _sender.MostBytes);
        _answerer = new RequestReceiver(options, node, host, answers, peer => _sender.MostBytes(peer).Most);
        if (ledger is not null) _desk = new LedgerDesk(node, ledger, _client, _board, _calls, answers, _sender);
        if (node.Plaza is not { } plaza) return;
        if (!plaza.AreRead)
        {
            LogMessages.NoPresenceKinds(_logger);
            return;
        }
        _ear = new PlazaEar(node, plaza, (peer, up) => changed?.Invoke(peer, up));
        if (plaza.Announces is { } name) _announcer = new Announcer(node, plaza, name, _client.PublishAsync);
    }

    /// <summary>Asks others for events; null where there is no ledger.</summary>
    public ILedgerCalls? LedgerCalls => _desk;

    /// <summary>Connects, and returns when frames can arrive, or when the first try has failed: it goes on
    /// trying.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var self = _node.Signer.Self;
        var stop = _closing.Token;
        _subscribing = Task.WhenAll([
            // of QoS 1, so that the broker waits with what is more than can be looked at
            Listen(Topics.FramesOf(self), _receiver.TakeAsync, MqttQos.AtLeastOnce),
            Listen(Topics.OutcomesOf(self), m => TakeAnswerAsync(m, FrameAnswer.Use), MqttQos.AtLeastOnce),
            Listen(Topics.RequestsOf(self), _answerer.TakeAsync, MqttQos.AtLeastOnce),
            Listen(Topics.AnswersOf(self), m => TakeAnswerAsync(m, FrameAnswer.PeerUse), MqttQos.AtLeastOnce),
            // of QoS 0: a flood of it is dropped, and takes nothing from the frames
            Listen(Topics.AllPresence, _board.TakeAsync),
            .. _desk?.Subscribe(message => TakeAnswerAsync(message, FrameAnswer.EventsUse), stop) ?? [],
            .. _ear is null ? [] : (Task[])[Hear(NaraTopics.HeyThere, _ear), Hear(NaraTopics.Chau, _ear)],
        ]);
        _client.Start();
        using var waits = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var arrive = Task.WhenAll(_connected.Task, _subscribing);
        await Task.WhenAny(arrive, _failed.Task, Task.Delay(StartPatience, _node.Time, waits.Token));
        await waits.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    public async Task<IReadOnlyList<SendOutcome>> SendAsync(
        PeerId peer, IReadOnlyList<Frame> frames, CancellationToken cancellation)
    {
        if (!_sends.TryEnter()) return FrameSender.Failed(frames, "the transport is stopped");
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            return await _sender.SendAsync(peer, frames, either.Token);
        }
        finally
        {
            _sends.Leave();
        }
    }

    public async Task<RequestOutcome> RequestAsync(
        PeerId peer, PeerRequest request, CancellationToken cancellation)
    {
        if (!_sends.TryEnter()) return RequestOutcome.None(RequestStatus.Failed, "the transport is stopped");
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            return await _asker.AskAsync(peer, request, either.Token);
        }
        finally
        {
            _sends.Leave();
        }
    }

    /// <summary>Once.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        _sends.Close();
        _receipts.Close();
        await using (cancellation.UnsafeRegister(_ => _closing.Cancel(), null))
            await _receipts.Empty;
        await _closing.CancelAsync();
        await _sends.Empty;
        if (_announcer is not null)
            await _announcer.LeaveAsync(
                !cancellation.IsCancellationRequested, _client.State.Phase == MqttPhase.Connected, cancellation);
        lock (_saying) _isLeaving = true; // from here on no connection says that it is up
        if (_client.State.Phase == MqttPhase.Connected) await SayDownAsync();
        await _client.DisposeAsync(); // writes what waits, for a second at most
        await _announcing;
        await _subscribing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // cancelled, or done long ago
        _access.Dispose();
        _closing.Dispose();
    }

    private static MqttClientOptions ClientOptions(
        MqttOptions options, BrokerAccess access, MqttNode node, OwnPresence presence)
    {
        var broker = options.Address!;
        return new MqttClientOptions
        {
            Host = broker.Host, Port = broker.Port, Tls = broker.IsSecure ? access.Tls : null,
            ClientId = options.ClientId ?? $"pluginnode-{node.Signer.Self}", UserName = options.User,
            Password = access.Password, Protocol = options.Versions!.Value, KeepAlive = options.KeepAliveTime,
            ConnectTimeout = options.ConnectLimit, MaximumPacketBytes = options.MaxPacketBytes,
            MaxQueuedBytes = options.MaxQueuedBytes, Will = presence.Down,
            ReceiveMaximum = (int)Math.Clamp(Unread / options.MaxPacketBytes, 4, 64),
        };
    }

    // by the client's loop, which waits for it
    private void StateChanged(MqttState state)
    {
        switch (state.Phase)
        {
            case MqttPhase.Connecting:
                _board.Reset(); // before anything can come over the new connection
                break;
            case MqttPhase.Connected:
                lock (_saying)
                    if (!_isLeaving) _announcing = SayAsync(_presence.Up(), CancellationToken.None);
                _announcer?.Connected();
                _connected.TrySetResult();
                break;
            case MqttPhase.Waiting:
                _announcer?.Lost();
                _failed.TrySetResult();
                // without a session answers to what is under way are lost
                _calls.Answers.GiveUp(null, $"the connection to the broker broke: {state.Text}");
                break;
        }
    }

    private Task<MqttSubscription> Listen(
        string topic, Func<MqttMessage, ValueTask> take, MqttQos qos = MqttQos.AtMostOnce) =>
        _client.SubscribeAsync(topic, qos, (message, _) => take(message), _closing.Token);

    private Task<MqttSubscription> Hear(string topic, PlazaEar ear) =>
        _client.SubscribeAsync(topic, MqttQos.AtMostOnce, ear.TakeAsync, _closing.Token);

    private async Task SayAsync(MqttMessage word, CancellationToken cancellation)
    {
        var result = await _client.PublishAsync(word, cancellation);
        if (result.Reason == MqttReason.RetainNotSupported) // then who is there hears it
            result = await _client.PublishAsync(word with { Retain = false }, cancellation);
        if (!result.IsTaken) LogMessages.PresenceNotSaid(_logger, result.Text);
    }

    // a broker that takes nothing any more must not hold up the end
    private async Task SayDownAsync()
    {
        using var limit = new CancellationTokenSource(Farewell, _node.Time);
        try
        {
            await SayAsync(_presence.Down, limit.Token);
        }
        catch (OperationCanceledException)
        {
            LogMessages.PresenceNotSaid(_logger, "what waits for the broker leaves no room for it");
        }
    }

    private ValueTask TakeAnswerAsync(MqttMessage message, string use)
    {
        var (payload, signer) = (message.Payload, _node.Signer);
        // what nobody waits for costs no signature
        if (!FrameAnswer.TryRead(payload.Span, out var answer) || answer.To != signer.Self
            || !_calls.Answers.IsOpen(answer.Nonce, answer.From)
            || !answer.IsSigned(signer, payload.Span, use)) return ValueTask.CompletedTask;
        _host.Heard(answer.From, DateTimeOffset.FromUnixTimeMilliseconds(answer.Clock));
        _calls.Answers.Answer(answer.Nonce, Reply.Of(answer.Kind, FrameAnswer.BodyOf(payload)));
        return ValueTask.CompletedTask;
    }

    private void PeerChanged(PeerId peer, bool up, TimeSpan lost)
    {
        _calls.Answers.GiveUp(peer, up ? "the peer has come meanwhile" : "the peer went away", lost);
        _changed?.Invoke(peer, up);
    }
}
