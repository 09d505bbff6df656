using PluginNode.Identity;

namespace PluginNode.Mqtt.Frames;

/// <summary>Bounds what requests that are being taken hold in memory, all together and of one peer. Any
/// thread.</summary>
/// <param name="bytes">For all together.</param>
/// <param name="share">For one peer.</param>
internal sealed class ReceiveRoom(long bytes, long share)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, long> _held = [];
    private long _free = bytes;

    /// <summary>As large as the settings say: four times the largest packet, or 64 MiB where that is more, and a
    /// quarter of it for one peer.</summary>
    public static ReceiveRoom For(MqttOptions options)
    {
        const int shares = 4;
        var all = Math.Max(64L << 20, (long)shares * options.MaxPacketBytes);
        return new ReceiveRoom(all, all / shares);
    }

    /// <summary>False: there is none. A first request of a peer is measured by the room of all alone. Each true needs
    /// one <see cref="Return"/>.</summary>
    public bool TryTake(PeerId peer, long count)
    {
        lock (_lock)
        {
            var held = _held.GetValueOrDefault(peer);
            if (count > _free || (held > 0 && held + count > share)) return false;
            _free -= count;
            _held[peer] = held + count;
            return true;
        }
    }

    public void Return(PeerId peer, long count)
    {
        lock (_lock)
        {
            _free += count;
            if ((_held[peer] -= count) == 0) _held.Remove(peer);
        }
    }
}
