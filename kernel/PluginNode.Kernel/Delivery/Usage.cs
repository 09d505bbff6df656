using PluginNode.Identity;

namespace PluginNode.Delivery;

/// <summary>What waiting messages take of the outbox's limits.</summary>
internal sealed class Usage(OutboxLimits limits)
{
    private readonly Dictionary<PeerId, long> _byPeer = [];
    private long _memory;
    private long _total;

    /// <summary>Null where there is room, else which limit is reached.</summary>
    public string? Refusal(PeerId to, int payload, bool persisted)
    {
        var bytes = payload + 512L;
        if (!persisted)
            return _memory + bytes > limits.Memory
                ? $"the outbox's memory is full (delivery.limits.memory, {limits.Memory} bytes)" : null;
        if (_total + bytes > limits.Bytes) return $"the outbox is full (delivery.limits.bytes, {limits.Bytes} bytes)";
        return _byPeer.GetValueOrDefault(to) + bytes > limits.BytesPerPeer
            ? $"too much waits for this peer (delivery.limits.bytesPerPeer, {limits.BytesPerPeer} bytes)" : null;
    }

    public void Add(Message message) => Count(message, message.Bytes);

    public void Remove(Message message) => Count(message, -message.Bytes);

    private void Count(Message message, long bytes)
    {
        if (!message.Level.Persisted)
        {
            _memory += bytes;
            return;
        }
        _total += bytes;
        var peer = _byPeer.GetValueOrDefault(message.To) + bytes;
        if (peer == 0) _byPeer.Remove(message.To);
        else _byPeer[message.To] = peer;
    }
}
