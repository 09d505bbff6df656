using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;
using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>What the marks depend on.</summary>
/// <param name="Capacity">Of the ledger, in events.</param>
/// <param name="Peers">Whose keys are configured.</param>
/// <param name="LearnedKeys">How many keys were learned.</param>
/// <param name="Kinds">The event kinds.</param>
internal sealed record MarkGrounds(int Capacity, IPeerDirectory Peers, Func<int> LearnedKeys, EventKinds Kinds);

/// <summary>
/// How far each neighbour was read, durably, so that a node that was restarted asks for the gap. A hint and never the
/// truth: what neighbours hold by day is compared before it is relied on, and who can't tell that is read from the
/// beginning once a day. Used by one loop.
/// </summary>
internal sealed class SyncMarks(MarkGrounds grounds, Journal journal, ILogger logger)
{
    private const int MostMarks = 1_000; // they stand in one header of 64 KiB
    private const long Day = 86_400_000_000_000;

    private readonly Dictionary<PeerId, SyncMark> _marks = [];
    private long _sequence;

    /// <summary>Takes over what the store kept. Where something of the store was damaged the marks are worth nothing:
    /// what is missing now was read before them.</summary>
    public void Restore(IReadOnlyList<(long Sequence, Storage.Records.SyncMarks Marks)> stored, bool damaged)
    {
        foreach (var (sequence, _) in stored.SkipLast(1)) journal.Remove(sequence);
        foreach (var (sequence, record) in stored.TakeLast(1))
        {
            _sequence = sequence;
            var reason = damaged ? "records of the store were damaged"
                : record.Capacity != grounds.Capacity ? "the ledger has another capacity" : null;
            if (reason is not null)
            {
                LogMessages.MarksDropped(logger, reason);
                journal.Remove(sequence);
                _sequence = 0;
                return;
            }
            foreach (var mark in record.Marks) _marks[PeerId.FromPublicKey(mark.Key.Span)] = mark;
        }
    }

    /// <summary>From when on this neighbour is to be asked; 0: from the beginning.</summary>
    public long SinceOf(PeerId neighbour, DateTimeOffset now)
    {
        if (!_marks.TryGetValue(neighbour, out var mark)) return 0;
        var holds = mark.Kinds == Kinds() && (mark.Undecided == 0 || mark.Undecided == Keys());
        return holds && mark.Since <= Nanoseconds(now) ? mark.Since : 0;
    }

    /// <summary>Whether it was read from the beginning within a day.</summary>
    public bool WasReadWhole(PeerId neighbour, DateTimeOffset now) =>
        _marks.TryGetValue(neighbour, out var mark) && Nanoseconds(now) - mark.WholeAt is >= 0 and < Day;

    /// <summary>Keeps how far neighbours were read by a session.</summary>
    /// <exception cref="StoreException">The store failed: the older marks stay.</exception>
    public async Task SetAsync(IReadOnlyList<Neighbour> read, SyncSession session, TimeSpan overlap)
    {
        if (read.Count == 0) return;
        var began = Nanoseconds(session.BeganAt);
        var marks = _marks.Values.ToDictionary(m => PeerId.FromPublicKey(m.Key.Span));
        foreach (var neighbour in read)
        {
            // Read on from a mark: what was told before it is as undecided as it was.
            var older = neighbour.Since == 0 ? null : marks.GetValueOrDefault(neighbour.Id);
            marks[neighbour.Id] = new SyncMark
            {
                Key = Bytes16.Wrap(neighbour.Id.ToPublicKey()),
                Since = Math.Max(0, began - (overlap.Ticks * 100)),
                WholeAt = neighbour.Since == 0 ? began : older?.WholeAt ?? 0,
                Undecided = session.Undecided(neighbour.Id) ? Keys() : older?.Undecided ?? 0,
                Kinds = Kinds(),
            };
        }
        var record = new Storage.Records.SyncMarks { Capacity = grounds.Capacity };
        record.Marks.AddRange(marks.Values.OrderByDescending(m => m.Since).ThenBy(m => m.Key.ToBase64(),
            StringComparer.Ordinal).Take(MostMarks));
        var sequence = journal.NextSequence();
        await journal.CommitAsync(
            [new Entry(Collection.SyncMarks, Guid.Empty, sequence, record)], _sequence == 0 ? [] : [_sequence]);
        _sequence = sequence;
        _marks.Clear();
        foreach (var mark in record.Marks) _marks[PeerId.FromPublicKey(mark.Key.Span)] = mark;
    }

    public static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * 100;

    // With other keys, what could not be judged is worth asking for again.
    private ulong Keys() => Hash(
        grounds.Peers.All.Where(p => !p.SendOnly).Select(p => $"{p.Name}={p.Id}").Prepend(
            grounds.LearnedKeys().ToString(CultureInfo.InvariantCulture)));

    private ulong Kinds() => Hash(grounds.Kinds.Services);

    private static ulong Hash(IEnumerable<string> texts)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts)));
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) | 1; // never 0
    }
}
