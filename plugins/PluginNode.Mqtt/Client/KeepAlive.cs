using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>
/// Sends PINGREQ where nothing else goes out, or nothing comes in, for half of the keep-alive time, and gives the
/// connection up when a whole one passes after that without a byte (5.0 §3.1.2.10, §3.12).
/// </summary>
internal sealed class KeepAlive(TimeSpan interval, TimeProvider time, Writer writer)
{
    private long _heard = time.GetTimestamp();
    private long _times;
    private volatile bool _paused;

    /// <summary>Something has come.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heard, time.GetTimestamp());
        Interlocked.Increment(ref _times);
    }

    /// <summary>Nothing is read for now, and the broker is not to blame for it.</summary>
    public void Pause(bool paused)
    {
        Heard();
        _paused = paused;
    }

    /// <summary>Runs until it is cancelled; else why the connection is given up. The broker may have turned it off.
    /// </summary>
    public async Task<ConnectionEnd?> RunAsync(CancellationToken cancellationToken)
    {
        if (interval == TimeSpan.Zero) return null;
        long? asked = null;
        var timesBefore = 0L;
        while (true)
        {
            await Task.Delay(interval / 2, time, cancellationToken);
            var heard = Volatile.Read(ref _heard);
            if (_paused || Volatile.Read(ref _times) != timesBefore) asked = null;
            if (asked is { } since)
            {
                if (time.GetElapsedTime(since) >= interval)
                    return new ConnectionEnd(
                        MqttReason.KeepAliveTimeout, $"nothing came from the broker for {interval} after a ping");
                continue;
            }
            if (time.GetElapsedTime(heard) < interval / 2 && time.GetElapsedTime(writer.Written) < interval / 2)
                continue;
            asked = time.GetTimestamp();
            timesBefore = Volatile.Read(ref _times);
            writer.Send(PingPacket.Request);
        }
    }
}
