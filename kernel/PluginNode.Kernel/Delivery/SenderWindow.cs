using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>
/// What is known of one sender: which ids it has used in the duplicate window, with their content, and how far each of
/// its lanes has come. Bounded. Owned by the inbox's loop.
/// </summary>
internal sealed class SenderWindow(int mostIds)
{
    private const int MostLanes = 100_000;

    private readonly Dictionary<Guid, (UInt128 Digest, long At)> _ids = [];
    private readonly Queue<(Guid Id, long At)> _order = new();
    private readonly Dictionary<(string Key, ulong Epoch), ulong> _positions = [];
    private readonly Queue<(string Key, ulong Epoch)> _lanes = new();

    /// <summary>Bytes of this sender's messages in the inbox.</summary>
    public long Bytes { get; set; }

    public UInt128? Digest(Guid id) => _ids.TryGetValue(id, out var seen) ? seen.Digest : null;

    public ulong Position(string key, ulong epoch) => _positions.GetValueOrDefault((key, epoch));

    public void Add(Guid id, UInt128 digest, long at)
    {
        if (_ids.TryAdd(id, (digest, at))) _order.Enqueue((id, at));
        while (_ids.Count > mostIds && _order.TryDequeue(out var oldest)) _ids.Remove(oldest.Id);
    }

    /// <summary>Undoes an <see cref="Add"/> whose commit failed.</summary>
    public void Remove(Guid id) => _ids.Remove(id);

    public void Advance(string key, ulong epoch, ulong position)
    {
        var lane = (key, epoch);
        if (!_positions.TryGetValue(lane, out var last)) _lanes.Enqueue(lane);
        _positions[lane] = Math.Max(last, position);
        while (_positions.Count > MostLanes && _lanes.TryDequeue(out var oldest)) _positions.Remove(oldest);
    }

    /// <summary>Undoes an <see cref="Advance"/> whose commit failed.</summary>
    public void Rewind(string key, ulong epoch, ulong position) => _positions[(key, epoch)] = position;

    public void Prune(long before)
    {
        while (_order.TryPeek(out var oldest) && oldest.At < before)
        {
            _order.Dequeue();
            if (_ids.TryGetValue(oldest.Id, out var seen) && seen.At == oldest.At) _ids.Remove(oldest.Id);
        }
    }

    public void Restore(SeenIds record)
    {
        foreach (var id in record.Ids) Add(Bytes16.ReadId(id.Id), Bytes16.Read(id.Digest), id.At);
        foreach (var lane in record.Positions) Advance(lane.Key, lane.Epoch, lane.Position);
    }
}
