using System.Buffers.Binary;
using PluginNode.Events;
using PluginNode.Ledger;

namespace PluginNode.Kernel.Tests.Ledger;

/// <summary>Entries for a ledger's index, which looks at no signature: what a number decides is always the
/// same.</summary>
internal static class SomeEvents
{
    public const long Day = 86_400_000_000_000;
    public const long Now = 20_500 * Day; // some day in 2026

    public static LedgerEntry Entry(
        int number, long timestamp, string service = "app", string emitter = "e", string actor = "", string target = "",
        EventImportance importance = EventImportance.Normal, UInt128 attestation = default,
        params EventBound[] bounds)
    {
        Span<byte> id = stackalloc byte[16];
        // Ids are as hashes are: they say nothing of when.
        BinaryPrimitives.WriteUInt32BigEndian(id, unchecked((uint)number * 2654435761));
        BinaryPrimitives.WriteInt32BigEndian(id[12..], number);
        var made = new Event(EventId.FromHash(id), timestamp, service, emitter, "", new byte[64], "{}"u8);
        return new LedgerEntry(made, EventReading.Valid(actor, target, importance), attestation, bounds);
    }

    /// <summary>Many, of few subjects and services, with many equal timestamps.</summary>
    public static List<LedgerEntry> Many(Random random, int count, int differentTimes) =>
    [
        .. Enumerable.Range(0, count).Select(i =>
        {
            var (actor, target) = (Name(random), Name(random));
            return Entry(
                i, Now - (random.Next(differentTimes) * Day / 7), $"s{random.Next(3)}", "e", actor, target,
                (EventImportance)random.Next(5));
        }),
    ];

    public static LedgerIndex IndexOf(IEnumerable<LedgerEntry> entries, int capacity = 1_000_000, int seed = 1)
    {
        var index = new LedgerIndex(capacity, new Conformance.Fakes.SeededChance(seed));
        foreach (var entry in entries) index.Add(entry, []);
        return index;
    }

    /// <summary>What a query should pick from, in order, found the slow way.</summary>
    public static List<EventId> Matching(IEnumerable<LedgerEntry> entries, LedgerQuery query) =>
    [
        .. entries.Where(e => e.Timestamp >= query.Since
                && (query.Services.Count == 0 || query.Services.Contains(e.Event.Service))
                && (query.Subjects.Count == 0 || query.Subjects.Contains(e.Actor) || query.Subjects.Contains(e.Target)))
            .OrderBy(e => e.Timestamp).ThenBy(e => e.Event.Id).Select(e => e.Event.Id),
    ];

    public static List<EventId> Ids(this LedgerPage page) => [.. page.Events.Select(e => e.Id)];

    public static List<EventId> AllIds(this ILedger ledger)
    {
        var (ids, query) = (new List<EventId>(), new LedgerQuery { Limit = LedgerQuery.MostEvents });
        while (true)
        {
            var page = ledger.Read(query);
            ids.AddRange(page.Ids());
            if (page.Next is not { } next) return ids;
            query = query with { After = next };
        }
    }

    /// <summary>The number that an entry was made of.</summary>
    public static int NumberOf(EventId id) => (int)(uint)id.Value;

    private static string Name(Random random) => random.Next(6) is var n and > 0 ? $"n{n}" : "";
}
