using Microsoft.Extensions.Logging;

namespace PluginNode.Mqtt.Client;

/// <summary>A received message and what is to be told when it is handled.</summary>
internal readonly record struct Delivery(MqttMessage Message, AckOrder.Ticket? Ticket);

/// <summary>
/// Gives the messages of one subscription to its handler, one after the other. Whoever reads the connection never waits
/// here. Of QoS 1 at most the receive maximum can be in it, over all subscriptions; of QoS 0 what the options say, and
/// the rest is dropped and counted. A handler that is not done after twice its time is left alone: until it ends,
/// messages for it are refused at once, so that those of others go on.
/// </summary>
internal sealed class HandlerLoop(
    string filter, Func<MqttMessage, CancellationToken, ValueTask> handler, MqttClientOptions options,
    TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly Queue<Delivery> _waiting = new();
    private readonly Signal _signal = new();
    private readonly CancellationTokenSource _stop = new();
    private int _waitingOfQos0;
    private long _bytesOfQos0;
    private long _dropped;
    private long _failed;
    private Task? _stuck;
    private CancellationTokenSource? _limit;

    public long Dropped => Volatile.Read(ref _dropped);

    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Takes a message, or drops it.</summary>
    public void Offer(in Delivery delivery)
    {
        lock (_lock)
        {
            if (delivery.Ticket is null)
            {
                var bytes = delivery.Message.Payload.Length;
                if (_waitingOfQos0 >= options.MaxWaitingMessages
                    || (_waitingOfQos0 > 0 && _bytesOfQos0 + bytes > options.MaxWaitingBytes))
                {
                    Drop();
                    return;
                }
                _waitingOfQos0++;
                _bytesOfQos0 += bytes;
            }
            _waiting.Enqueue(delivery);
        }
        _signal.Set();
    }

    /// <summary>Runs until <see cref="Stop"/>; what waits then is not handled, and not acknowledged.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                if (_stop.IsCancellationRequested) return;
                if (!TryTake(out var delivery)) await _signal.WaitAsync(_stop.Token);
                else
                {
                    var reason = await HandleAsync(delivery.Message);
                    if (reason != MqttReason.Success) Interlocked.Increment(ref _failed);
                    if (!_stop.IsCancellationRequested) delivery.Ticket?.Settle(reason);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // this is how it ends
        }
    }

    public void Stop()
    {
        _stop.Cancel();
        CancellationTokenSource? limit;
        lock (_lock) limit = _limit;
        limit?.Cancel();
    }

    private bool TryTake(out Delivery delivery)
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out delivery)) return false;
            if (delivery.Ticket is not null) return true;
            _waitingOfQos0--;
            _bytesOfQos0 -= delivery.Message.Payload.Length;
            return true;
        }
    }

    private async ValueTask<MqttReason> HandleAsync(MqttMessage message)
    {
        if (_stuck is { IsCompleted: false }) return MqttReason.ImplementationSpecific;
        Task? handling = null;
        try
        {
            var quick = handler(message, BeginLimit());
            if (quick.IsCompletedSuccessfully) return MqttReason.Success;
            handling = quick.AsTask();
            await handling.WaitAsync(2 * options.HandlerTimeout, time);
            return MqttReason.Success;
        }
        catch (TimeoutException) when (handling is { IsCompleted: false })
        {
            LogMessages.HandlerStuck(logger, filter, 2 * options.HandlerTimeout);
            _stuck = WatchAsync(handling);
            lock (_lock) _limit = null; // the handler may still look at its token
            return MqttReason.ImplementationSpecific;
        }
        catch (Exception e)
        {
            if (!_stop.IsCancellationRequested)
                LogMessages.HandlerFailed(logger, filter, $"{e.GetType().Name}: {e.Message}");
            return MqttReason.Unspecified;
        }
    }

    // One source serves all messages for as long as none takes too long. It is not disposed of, as it may just be
    // cancelled; its timer ends with the cancellation, or here.
    private CancellationToken BeginLimit()
    {
        lock (_lock)
        {
            if (_limit is not null && _limit.TryReset()) _limit.CancelAfter(options.HandlerTimeout);
            else
            {
                _limit?.CancelAfter(Timeout.InfiniteTimeSpan);
                _limit = new CancellationTokenSource(options.HandlerTimeout, time);
            }
            if (_stop.IsCancellationRequested) _limit.Cancel();
            return _limit.Token;
        }
    }

    private async Task WatchAsync(Task handling)
    {
        try
        {
            await handling;
        }
        catch (Exception e)
        {
            LogMessages.HandlerFailed(logger, filter, $"{e.GetType().Name}: {e.Message}");
        }
    }

    private void Drop()
    {
        var count = Interlocked.Increment(ref _dropped);
        if (long.IsPow2(count)) LogMessages.Dropped(logger, filter, count);
    }
}
