using System.Buffers;
using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Mqtt.Wire;
using PluginNode.Storage;

namespace PluginNode.Mqtt.Plaza;

/// <summary>
/// Says that this node is there some time after each connection, so that all who come back with a broker do not speak
/// at once, and says goodbye at the end. Both are events of the node's own ledger before they are said. Any thread.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="parts">Where events are recorded.</param>
/// <param name="name">The node's name there.</param>
/// <param name="publish">Publishes them.</param>
internal sealed class Announcer(
    MqttNode node, PlazaParts parts, string name,
    Func<MqttMessage, CancellationToken, ValueTask<MqttPublishResult>> publish)
{
    /// <summary>Longest wait after a connection; how long it is in fact is chance.</summary>
    public static readonly TimeSpan MostJitter = TimeSpan.FromSeconds(5);

    /// <summary>Within this time a new connection brings the same event again: ledgers must not grow with each time
    /// that a link flaps.</summary>
    public static readonly TimeSpan Repeats = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly ILogger _logger = node.Loggers.CreateLogger<MqttTransport>();
    private CancellationTokenSource? _stop;
    private Task _saying = Task.CompletedTask;
    private byte[]? _said;
    private long _recordedAt;
    private bool _isThere; // as far as the ledger may say
    private bool _isLeaving;

    /// <summary>A connection stands.</summary>
    public void Connected()
    {
        lock (_lock)
        {
            if (_isLeaving) return;
            _stop?.Cancel();
            _stop = new CancellationTokenSource();
            _saying = SayAsync(_saying, _stop.Token);
        }
    }

    /// <summary>It broke: nothing is said until the next one.</summary>
    public void Lost()
    {
        lock (_lock) _stop?.Cancel();
    }

    /// <summary>Says goodbye, where it was said that this node is there; nothing is said after it. Once.</summary>
    /// <param name="isGraceful">Whether there is time for it; else only what is under way is ended.</param>
    /// <param name="isConnected">Whether somebody can hear it; it is recorded anyway, and told by sync.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task LeaveAsync(bool isGraceful, bool isConnected, CancellationToken cancellation)
    {
        Task saying;
        lock (_lock)
        {
            _isLeaving = true;
            _stop?.Cancel();
            saying = _saying;
        }
        await saying;
        if (!_isThere || !isGraceful) return;
        try
        {
            var chau = await RecordAsync(
                PresenceClaim.Chau, PresenceClaim.ChauOf(name, node.Signer.Self), cancellation);
            if (chau is not null && isConnected) await PublishAsync(NaraTopics.Chau, chau, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            LogMessages.NotAnnounced(_logger, "there was no time left for a goodbye");
        }
    }

    private async Task SayAsync(Task before, CancellationToken stop)
    {
        await before;
        try
        {
            // never on the thread of who tells of the connection
            await Task.Yield();
            await Task.Delay(MostJitter * node.Chance.NextDouble(), node.Time, stop);
            if (_said is null || node.Time.GetElapsedTime(_recordedAt) >= Repeats)
            {
                _isThere = true;
                var recorded = await RecordAsync(
                    PresenceClaim.HeyThere, PresenceClaim.HeyThereOf(name, node.Signer.Self), stop);
                if (recorded is null) return;
                (_said, _recordedAt) = (recorded, node.Time.GetTimestamp());
            }
            await PublishAsync(NaraTopics.HeyThere, _said, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the connection broke, or the transport stops
        }
    }

    private async Task<byte[]?> RecordAsync(string service, byte[] data, CancellationToken stop)
    {
        try
        {
            stop.ThrowIfCancellationRequested();
            // what is begun may still be recorded; it is told by sync then
            var recorded = await parts.Ledger.RecordAsync(service, data).WaitAsync(stop);
            if (recorded.Event is { } e)
            {
                var json = new ArrayBufferWriter<byte>();
                parts.Writer.Write(e, json);
                return json.WrittenSpan.ToArray();
            }
            LogMessages.NotAnnounced(_logger, recorded.Problem ?? $"{recorded.Verdict}");
        }
        catch (Exception e) when (e is StoreException or ObjectDisposedException)
        {
            LogMessages.NotAnnounced(_logger, e.Message);
        }
        return null;
    }

    private async Task PublishAsync(string topic, byte[] json, CancellationToken stop)
    {
        var result = await publish(new MqttMessage { Topic = topic, Payload = json }, stop);
        if (!result.IsTaken) LogMessages.NotAnnounced(_logger, result.Text);
    }
}
