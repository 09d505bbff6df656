using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>
/// Keeps the ids of acknowledged messages on stable storage for the duplicate window: one record for what is
/// acknowledged together, written in the commit that removes the messages. Owned by the inbox's loop.
/// </summary>
internal sealed class SeenIdLog(Journal journal, TimeSpan window)
{
    private const int IdsInRecord = 500;

    private readonly Queue<(long Sequence, long Newest)> _records = new();

    public List<(Entry Entry, SeenIds Ids)> RecordsFor(IEnumerable<InboxEntry> entries)
    {
        var records = new List<(Entry, SeenIds)>();
        foreach (var sender in entries.GroupBy(e => e.From))
            foreach (var part in sender.Chunk(IdsInRecord))
            {
                var ids = new SeenIds { From = part[0].Header.From };
                foreach (var e in part)
                    ids.Ids.Add(new SeenId { Id = Bytes16.Write(e.Id), Digest = e.Header.Digest, At = e.Header.ReceivedAt });
                foreach (var lane in part.Where(e => e.Header.Position != 0).GroupBy(e => (e.Header.Key, e.Header.Epoch)))
                    ids.Positions.Add(new LanePosition
                    {
                        Key = lane.Key.Key, Epoch = lane.Key.Epoch, Position = lane.Max(e => e.Header.Position),
                    });
                records.Add((new Entry(Collection.SeenIds, Guid.Empty, journal.NextSequence(), ids), ids));
            }
        return records;
    }

    public void Track(long sequence, SeenIds ids) =>
        _records.Enqueue((sequence, ids.Ids.Max(i => (long?)i.At) ?? 0));

    /// <summary>Removes records whose newest id left the window.</summary>
    public void Prune(long before)
    {
        if (window == Timeout.InfiniteTimeSpan) return;
        while (_records.TryPeek(out var oldest) && oldest.Newest < before) journal.Remove(_records.Dequeue().Sequence);
    }
}
