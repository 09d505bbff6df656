using Microsoft.Extensions.Logging;
using PluginNode.Mqtt.Client;
using PluginNode.Mqtt.Packets;
using PluginNode.Plugins;

namespace PluginNode.Mqtt;

/// <summary>
/// A client of one broker: MQTT 5.0 or 3.1.1 over TCP or TLS. One loop keeps it connected from <see cref="Start"/>
/// until it is disposed of; after a reconnect subscriptions are restored and unacknowledged messages sent again. All
/// members may be called from any thread, at once.
/// </summary>
public sealed class MqttClient : IAsyncDisposable
{
    private readonly Shared _shared;
    private readonly Dialer _dialer;
    private readonly Backoff _backoff;
    private readonly Action<MqttState>? _onState;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<string> _withdrawn = new(StringComparer.Ordinal);
    private volatile Connection? _connection;
    private volatile MqttState _state = new(MqttPhase.Stopped);
    private TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;
    private int _lastId;
    private bool _disposed;

    /// <summary>Makes a client; it connects at <see cref="Start"/>.</summary>
    /// <param name="options">Where to, how, and its bounds.</param>
    /// <param name="time">For waits, keep-alive and time-outs.</param>
    /// <param name="chance">For the jitter of reconnects.</param>
    /// <param name="logger">Is told of connections, and of messages that were dropped or failed.</param>
    /// <param name="onState">Called with each state, in their order, by the client's loop, which waits for it.</param>
    /// <exception cref="ArgumentException">The options are wrong; it names every problem.</exception>
    public MqttClient(
        MqttClientOptions options, TimeProvider time, IChance chance, ILogger<MqttClient> logger,
        Action<MqttState>? onState = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } problems)
            throw new ArgumentException(string.Join("; ", problems), nameof(options));
        _shared = new Shared(
            options, new OutboundQueue(options.MaxQueuedMessages, options.MaxQueuedBytes),
            new InFlightWindow(options.MaxInFlight), new SubscriptionTable(), time, logger);
        _dialer = new Dialer(options, time, logger);
        _backoff = new Backoff(options, chance);
        _onState = onState;
    }

    /// <summary>Where it is now, and why.</summary>
    public MqttState State => _state;

    /// <summary>Messages of QoS 1 that were sent and are not acknowledged.</summary>
    public int InFlight => _shared.Window.Count;

    /// <summary>Begins to connect, and stays connected. Once.</summary>
    /// <exception cref="InvalidOperationException">It was started before, or disposed of.</exception>
    public void Start()
    {
        lock (_lock)
        {
            if (_running is not null || _disposed) throw new InvalidOperationException("A client is started once.");
            _running = Task.Run(RunAsync);
        }
    }

    /// <summary>Completes when there is a connection, at once where there is one.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the client was disposed of.</exception>
    public Task WhenConnectedAsync(CancellationToken cancellationToken = default)
    {
        lock (_lock) return _connected.Task.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Publishes. With QoS 0 it completes when the message is in the queue; what is lost behind it nobody is told. With
    /// QoS 1 it completes with the broker's answer, however many connections that takes: the broker may get it more
    /// than once. Waits while the queue is full. The payload must not change until then.
    /// </summary>
    /// <param name="message">What and where to.</param>
    /// <param name="cancellationToken">Ends the waiting. A message that is in the queue is taken out of it; one that
    /// was sent already stays with the broker, or on its way.</param>
    /// <exception cref="ArgumentException">The message is malformed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<MqttPublishResult> PublishAsync(
        MqttMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.Problem() is { } problem) throw new ArgumentException(problem, nameof(message));
        var item = new Outgoing(message);
        if (_connection?.Terms.RefusalBeforehand(item) is { } refusal) return refusal;
        if (!await _shared.Queue.AddAsync(item, cancellationToken)) return Stopped;
        _connection?.Wake();
        if (item.Done is null) return default;
        await using var cancelled = cancellationToken.Register(() => item.Done.TrySetCanceled(cancellationToken));
        return await item.Done.Task;
    }

    /// <summary>
    /// Subscribes, and waits for the broker's answer, which stands in the result: a refusal too. Messages are given to
    /// the handler one after the other, on the thread pool. One of QoS 1 is acknowledged when the handler is done, in
    /// the order in which messages came: a slow handler slows all of QoS 1 down, for
    /// <see cref="MqttClientOptions.HandlerTimeout"/> twice at most, and nothing else. A handler that fails has refused
    /// its message. After a reconnect a message may come again.
    /// </summary>
    /// <param name="filter">The topic filter, with wildcards; <c>$share/group/filter</c> for a shared one.</param>
    /// <param name="qos">The most that messages are to come with.</param>
    /// <param name="handler">Its token is cancelled when its time is over, or the subscription ends.</param>
    /// <param name="cancellationToken">Cancelled: there is no subscription.</param>
    /// <exception cref="ArgumentException">The filter is malformed.</exception>
    /// <exception cref="InvalidOperationException">There is one with that filter, or there are 1 024.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the client was disposed of.</exception>
    public async Task<MqttSubscription> SubscribeAsync(
        string filter, MqttQos qos, Func<MqttMessage, CancellationToken, ValueTask> handler,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(handler);
        if (TopicText.ProblemOfFilter(filter) is { } problem) throw new ArgumentException(problem, nameof(filter));
        if (qos is not (MqttQos.AtMostOnce or MqttQos.AtLeastOnce))
            throw new ArgumentOutOfRangeException(nameof(qos), "QoS 2 is not spoken.");
        var loop = new HandlerLoop(filter, handler, _shared.Options, _shared.Time, _shared.Logger);
        var subscription = new MqttSubscription(
            this, new Subscription(filter, (byte)qos), Interlocked.Increment(ref _lastId), loop);
        try
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _shared.Subscriptions.Add(subscription);
                _withdrawn.Remove(filter);
                _connection?.Requests.Subscribe(subscription);
            }
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
            await subscription.Answered.WaitAsync(either.Token);
        }
        catch
        {
            await subscription.DisposeAsync();
            throw;
        }
        if (!subscription.IsGranted) LogMessages.SubscriptionRefused(_shared.Logger, filter, subscription.Text);
        return subscription;
    }

    /// <summary>
    /// Disconnects: what waits is written first, for a second at most, and the last will is not published. Publishers
    /// that still wait are told that their message may or may not have arrived. Handlers under way are cancelled and
    /// waited for, those that are stuck aside. Safe to call again.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock) _disposed = true;
        await _stop.CancelAsync();
        if (_running is { } running) await running;
        foreach (var item in _shared.Queue.Close()) item.Done?.TrySetResult(Stopped);
        foreach (var item in _shared.Window.Close()) item.Done?.TrySetResult(Stopped);
        foreach (var subscription in _shared.Subscriptions.All) await EndAsync(subscription);
        lock (_lock) _connected.TrySetCanceled(_stop.Token);
    }

    internal async ValueTask WithdrawAsync(MqttSubscription subscription)
    {
        var forgotten = Task.CompletedTask;
        lock (_lock)
            if (_shared.Subscriptions.Remove(subscription) && !_disposed
                && (subscription.IsGranted || _connection is not null))
            {
                // The broker may have kept the session: the next connection asks again if this one breaks.
                _withdrawn.Add(subscription.Filter);
                if (_connection is { } connection) forgotten = ForgetAsync(connection, subscription.Filter);
            }
        await EndAsync(subscription);
        await forgotten;
    }

    private async Task ForgetAsync(Connection connection, string filter)
    {
        if (await connection.Requests.UnsubscribeAsync(filter))
            lock (_lock) _withdrawn.Remove(filter);
    }

    private static MqttPublishResult Stopped => new(
        MqttReason.Unspecified, "the client was stopped; the message may or may not have arrived");

    private static async Task EndAsync(MqttSubscription subscription)
    {
        subscription.Loop.Stop();
        await subscription.Running;
    }

    private async Task RunAsync()
    {
        var options = _shared.Options;
        var broker = options.Endpoint;
        try
        {
            while (true)
            {
                Change(new MqttState(MqttPhase.Connecting));
                var (link, end) = await _dialer.DialAsync(_stop.Token);
                var begun = _shared.Time.GetTimestamp();
                if (link is not null)
                {
                    LogMessages.Connected(
                        _shared.Logger, broker, link.Terms.Version == MqttVersion.V5 ? "5.0" : "3.1.1");
                    end = await ServeAsync(link);
                }
                if (_stop.IsCancellationRequested) break;
                var lasted = link is null ? TimeSpan.Zero : _shared.Time.GetElapsedTime(begun);
                var delay = _backoff.Next(end!, lasted);
                LogMessages.NotConnected(_shared.Logger, broker, end!.Text, delay);
                Change(new MqttState(MqttPhase.Waiting, end.Reason, end.Text, delay));
                await Task.Delay(delay, _shared.Time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // this is how it ends
        }
        Change(new MqttState(MqttPhase.Stopped));
    }

    private async Task<ConnectionEnd> ServeAsync(Link link)
    {
        await using var connection = new Connection(link, _shared);
        lock (_lock)
        {
            _connection = connection;
            if (!link.Terms.SessionPresent) _withdrawn.Clear();
            foreach (var filter in _withdrawn) _ = ForgetAsync(connection, filter);
            foreach (var subscription in _shared.Subscriptions.All) connection.Requests.Subscribe(subscription);
        }
        var running = connection.RunAsync(_stop.Token);
        Change(new MqttState(
            MqttPhase.Connected, Version: link.Terms.Version, SessionPresent: link.Terms.SessionPresent,
            MaximumPacketBytes: link.Terms.MaximumPacketBytes));
        lock (_lock) _connected.TrySetResult();
        var end = await running;
        lock (_lock)
        {
            _connection = null;
            _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        return end;
    }

    private void Change(MqttState state)
    {
        _state = state;
        try
        {
            _onState?.Invoke(state);
        }
        catch (Exception e)
        {
            LogMessages.ObserverFailed(_shared.Logger, $"{e.GetType().Name}: {e.Message}");
        }
    }
}
