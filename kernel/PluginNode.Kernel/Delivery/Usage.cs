using PluginNode.Identity;

namespace PluginNode.Delivery;

/// <summary>Where a message takes room.</summary>
internal enum Room
{
    /// <summary>Nowhere (any more).</summary>
    None,

    /// <summary>It waits in memory only.</summary>
    Memory,

    /// <summary>It waits on the disk.</summary>
    Disk,

    /// <summary>It is a dead letter, on the disk until it is replayed, purged or too old.</summary>
    DeadLetter,
}

/// <summary>What messages take of the outbox's limits. Dead letters count too: else a peer that refuses everything, or
/// an application whose messages expire, fills the disk.</summary>
internal sealed class Usage(OutboxLimits limits)
{
    private readonly Dictionary<PeerId, long> _byPeer = [];
    private long _memory;
    private long _disk;
    private long _dead;

    /// <summary>Null where there is room, else which limit is reached.</summary>
    public string? Refusal(PeerId to, long bytes, bool persisted)
    {
        if (!persisted)
            return _memory + bytes > limits.Memory
                ? $"the outbox's memory is full (delivery.limits.memory, {limits.Memory} bytes)" : null;
        if (_disk + bytes > limits.Bytes)
            return $"the outbox is full (delivery.limits.bytes, {limits.Bytes} bytes){OfWhichDead}";
        return _byPeer.GetValueOrDefault(to) + bytes > limits.BytesPerPeer
            ? $"too much is kept for this peer (delivery.limits.bytesPerPeer, {limits.BytesPerPeer} bytes){OfWhichDead}"
            : null;
    }

    /// <summary>Counts a message where it takes room from now on.</summary>
    public void Move(Message message, Room room)
    {
        Count(message, message.Room, -message.Bytes);
        message.Room = room;
        Count(message, room, message.Bytes);
    }

    private string OfWhichDead =>
        _dead == 0 ? "" : $"; dead letters take {_dead} bytes of the outbox and can be replayed or purged";

    private void Count(Message message, Room room, long bytes)
    {
        if (room == Room.Memory) _memory += bytes;
        if (room == Room.DeadLetter) _dead += bytes;
        if (room is not (Room.Disk or Room.DeadLetter)) return;
        _disk += bytes;
        var peer = _byPeer.GetValueOrDefault(message.To) + bytes;
        if (peer == 0) _byPeer.Remove(message.To);
        else _byPeer[message.To] = peer;
    }
}
