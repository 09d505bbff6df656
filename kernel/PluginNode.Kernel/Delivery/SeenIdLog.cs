using System.Text;
using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>
/// Keeps the ids of acknowledged messages on stable storage for the duplicate window, written in the commit that
/// removes the messages. Bounded by age and by number for each sender. Owned by the inbox's loop.
/// </summary>
internal sealed class SeenIdLog(Journal journal, TimeSpan window, int mostIds)
{
    private const int IdBytes = 64; // an id with digest and time
    private const int LaneBytes = 32; // a position without its key

    private readonly Dictionary<PeerId, Sender> _senders = [];

    private sealed class Sender
    {
        public SortedDictionary<long, (long Newest, int Ids)> Records { get; } = [];
        public CarryList<SeenIds> Small { get; } = new();
        public int Ids { get; set; }
    }

    /// <summary>A record to be committed.</summary>
    /// <param name="From">Whose messages.</param>
    /// <param name="Sequence">Its sequence.</param>
    /// <param name="Ids">Its content.</param>
    /// <param name="Merged">Records whose content is in it: they are removed in the same commit.</param>
    public sealed record Writing(
        PeerId From, long Sequence, SeenIds Ids, List<(long Sequence, SeenIds Content)> Merged)
    {
        public Entry Entry => new(Collection.SeenIds, Guid.Empty, Sequence, Ids);
    }

    /// <summary>The records for messages that leave; each is to be ended with <see cref="Written"/> or
    /// <see cref="Failed"/>.</summary>
    public List<Writing> Write(IEnumerable<InboxEntry> entries)
    {
        var writing = new List<Writing>();
        foreach (var sender in entries.GroupBy(e => e.From))
        {
            var (part, bytes) = (new List<InboxEntry>(), 0);
            foreach (var entry in sender)
            {
                part.Add(entry);
                bytes += IdBytes + LaneBytes + Encoding.UTF8.GetByteCount(entry.Header.Key);
                if (bytes < CarryList<SeenIds>.FullBytes) continue;
                writing.Add(Merge(sender.Key, part));
                (part, bytes) = ([], 0);
            }
            if (part.Count > 0) writing.Add(Merge(sender.Key, part));
        }
        return writing;
    }

    public void Written(Writing record)
    {
        var sender = SenderOf(record.From);
        foreach (var (sequence, _) in record.Merged) Drop(sender, sequence);
        Track(record.Sequence, record.Ids);
    }

    public void Failed(Writing record)
    {
        foreach (var (sequence, ids) in record.Merged) SenderOf(record.From).Small.Put(sequence, ids);
    }

    /// <summary>A record that is in the store.</summary>
    public void Track(long sequence, SeenIds ids)
    {
        var sender = SenderOf(PeerId.FromPublicKey(ids.From.Span));
        sender.Records[sequence] = (ids.Ids.Max(i => (long?)i.At) ?? 0, ids.Ids.Count);
        sender.Small.Put(sequence, ids);
        sender.Ids += ids.Ids.Count;
    }

    /// <summary>Removes records whose newest id left the window, and the oldest where there are too many ids.</summary>
    public void Prune(long before)
    {
        foreach (var sender in _senders.Values)
        {
            while (sender.Records.Count > 0)
            {
                var (sequence, (newest, ids)) = sender.Records.First();
                var outdated = window != Timeout.InfiniteTimeSpan && newest < before;
                if (!outdated && sender.Ids - ids < mostIds) break;
                Drop(sender, sequence);
                sender.Small.Forget(sequence);
                journal.Remove(sequence);
            }
        }
    }

    private Writing Merge(PeerId from, List<InboxEntry> part)
    {
        var fresh = new SeenIds { From = part[0].Header.From };
        foreach (var e in part)
            fresh.Ids.Add(new SeenId { Id = Bytes16.Write(e.Id), Digest = e.Header.Digest, At = e.Header.ReceivedAt });
        var positions = new Dictionary<(string Key, ulong Epoch), ulong>();
        void Reach(string key, ulong epoch, ulong position) =>
            positions[(key, epoch)] = Math.Max(positions.GetValueOrDefault((key, epoch)), position);
        foreach (var e in part.Where(e => e.Header.Position != 0)) Reach(e.Header.Key, e.Header.Epoch, e.Header.Position);

        var size = fresh.CalculateSize() + positions.Keys.Sum(p => LaneBytes + Encoding.UTF8.GetByteCount(p.Key));
        var merged = SenderOf(from).Small.Take(size);
        foreach (var (_, older) in merged)
        {
            fresh.Ids.AddRange(older.Ids);
            foreach (var lane in older.Positions) Reach(lane.Key, lane.Epoch, lane.Position);
        }
        foreach (var ((key, epoch), position) in positions)
            fresh.Positions.Add(new LanePosition { Key = key, Epoch = epoch, Position = position });
        return new Writing(from, journal.NextSequence(), fresh, merged);
    }

    private Sender SenderOf(PeerId from)
    {
        if (!_senders.TryGetValue(from, out var sender)) _senders.Add(from, sender = new Sender());
        return sender;
    }

    private static void Drop(Sender sender, long sequence)
    {
        if (sender.Records.Remove(sequence, out var record)) sender.Ids -= record.Ids;
    }
}
