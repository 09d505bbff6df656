using PluginNode.Events;
using PluginNode.Ledger;

namespace PluginNode.Kernel.Tests.Ledger;

[TestFixture]
public sealed class LedgerReadTests
{
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void Pages_ManyEqualTimestamps_BringEachEventOnceAndInOrder(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, random.Next(700), differentTimes: 1 + random.Next(20));
        var index = SomeEvents.IndexOf(entries);
        var query = Query(random);
        var read = new List<EventId>();
        for (var (next, first) = (default(LedgerCursor?), true); first || next is not null; first = false)
        {
            var page = index.Read(query with { After = LedgerCursor.Parse(next?.ToString()) });
            Assert.That(page.Events, Has.Count.LessThanOrEqualTo(query.Limit));
            read.AddRange(page.Ids());
            next = page.Next;
        }
        Assert.That(read, Is.EqualTo(SomeEvents.Matching(entries, query)));
    }

    [Test]
    public void Subjects_AnEventWhoseKindNamesNobody_IsByWhoTellsIt()
    {
        var index = SomeEvents.IndexOf(
        [
            SomeEvents.Entry(1, SomeEvents.Now, emitter: "alice"), SomeEvents.Entry(2, SomeEvents.Now, emitter: "bob"),
        ]);
        var found = index.Read(new LedgerQuery { Subjects = ["alice"] }).Events;
        Assert.That(found.Select(e => e.Emitter), Is.EqualTo(new[] { "alice" }));
        Assert.That(index.Subjects(), Is.EqualTo(new[] { "alice", "bob" }));
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void Recent_IsTheEndOfAll_NewestFirst(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, random.Next(700), differentTimes: 1 + random.Next(20));
        var query = Query(random) with { Mode = LedgerMode.Recent };
        var matching = SomeEvents.Matching(entries, query);
        matching.Reverse();
        Assert.That(
            SomeEvents.IndexOf(entries).Read(query).Ids(), Is.EqualTo(matching.Take(query.Limit)));
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void Slices_TogetherAreAll_EachEveryNth(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, random.Next(1500), differentTimes: 1 + random.Next(20));
        var index = SomeEvents.IndexOf(entries);
        var of = 1 + random.Next(12);
        var query = Query(random) with { Mode = LedgerMode.Slice, Limit = LedgerQuery.MostEvents };
        var matching = SomeEvents.Matching(entries, query);
        for (var slice = 0; slice < of; slice++)
            Assert.That(
                index.Read(query with { Slice = (slice, of) }).Ids(),
                Is.EqualTo(matching.Where((_, i) => i % of == slice)));
    }

    /// <summary>As a nara peer has it: what is too many is cut off at the old end.</summary>
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void Slice_OfMoreThanTheLimit_IsTheNewestOfIt(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, random.Next(1500), differentTimes: 1 + random.Next(20));
        var of = 1 + random.Next(4);
        var query = Query(random) with { Mode = LedgerMode.Slice, Slice = (random.Next(of), of) };
        var slice = SomeEvents.Matching(entries, query).Where((_, i) => i % of == query.Slice.Index);
        Assert.That(SomeEvents.IndexOf(entries).Read(query).Ids(), Is.EqualTo(slice.TakeLast(query.Limit)));
    }

    [Test]
    public void Slice_OfMoreThanAnAnswerHolds_IsTheNewestOfIt([Values] bool severalShelves)
    {
        const int all = 11_001;
        var index = SomeEvents.IndexOf(Enumerable.Range(0, all).Select(i => SomeEvents.Entry(
            i, SomeEvents.Now + i, actor: $"n{i % 2}")));
        var slice = index.Read(new LedgerQuery
        {
            Mode = LedgerMode.Slice, Slice = (1, 2), Limit = LedgerQuery.MostEvents,
            Subjects = severalShelves ? ["n0", "n1"] : [],
        });
        Assert.That(
            slice.Events.Select(e => e.Timestamp - SomeEvents.Now),
            Is.EqualTo(Enumerable.Range(0, all).Where(i => i % 2 == 1).TakeLast(LedgerQuery.MostEvents)));
        Assert.That(index.LastSteps, Is.LessThanOrEqualTo(severalShelves ? all : LedgerQuery.MostEvents));
    }

    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void AfterRemovals_AllIsAsIfTheyHadNeverCome(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, 1 + random.Next(2000), differentTimes: 40);
        Shuffle(entries, random);
        entries.RemoveAll(e => e.Importance == EventImportance.Critical);
        var capacity = SomeEvents.IndexOf(entries, 100);
        var fresh = SomeEvents.IndexOf(entries.OrderBy(e => e, RankOrder.Instance).TakeLast(100));
        Assert.Multiple(() =>
        {
            Assert.That(capacity.AllIds(), Is.EqualTo(fresh.AllIds()));
            Assert.That(capacity.Days(), Is.EqualTo(fresh.Days()));
            Assert.That(capacity.Subjects(), Is.EqualTo(fresh.Subjects()));
        });
    }

    [Test]
    public void Page_BareTimestamp_BeginsBehindEverythingAtThatTime()
    {
        var entries = Enumerable.Range(0, 30).Select(i => SomeEvents.Entry(i, 100 + (i / 10))).ToList();
        var page = SomeEvents.IndexOf(entries).Read(new LedgerQuery { After = LedgerCursor.Parse("100") });
        Assert.That(page.Events.Select(e => e.Timestamp).Distinct(), Is.EqualTo(new[] { 101L, 102L }));
        Assert.That(page.Events, Has.Count.EqualTo(20));
    }

    [TestCase("9223372036854775807")]
    [TestCase("9223372036854775807:ffffffffffffffffffffffffffffffff")]
    [TestCase("102:ffffffffffffffffffffffffffffffff")]
    public void Page_CursorAtTheEnd_BringsNothing(string cursor)
    {
        var index = SomeEvents.IndexOf([SomeEvents.Entry(1, 100), SomeEvents.Entry(2, 102)]);
        Assert.That(index.Read(new LedgerQuery { After = LedgerCursor.Parse(cursor) }).Events, Is.Empty);
    }

    [TestCase(0, 0, 1, 0L)]
    [TestCase(5001, 0, 1, 0L)]
    [TestCase(1, 1, 1, 0L)]
    [TestCase(1, -1, 1, 0L)]
    [TestCase(1, 0, 0, 0L)]
    [TestCase(1, 0, 1, -1L)]
    public void Read_OutOfBounds_IsTheCallersMistake(int limit, int slice, int of, long since) => Assert.That(
        () => SomeEvents.IndexOf([]).Read(new LedgerQuery { Limit = limit, Slice = (slice, of), Since = since }),
        Throws.ArgumentException);

    [Test]
    public void AnyQuery_LooksAtWhatItBringsAndNotAtAll()
    {
        const int all = 200_000;
        var index = SomeEvents.IndexOf(Enumerable.Range(0, all).Select(i => SomeEvents.Entry(
            i, SomeEvents.Now - (i * SomeEvents.Day / 1000), i % 1000 == 0 ? "rare" : "app", actor: $"n{i % 500}",
            target: $"n{i % 499}", importance: (EventImportance)(i % 5))));
        foreach (var query in new LedgerQuery[]
        {
            new(), new() { Since = SomeEvents.Now - SomeEvents.Day }, new() { Services = ["rare"] },
            new() { After = new LedgerCursor(SomeEvents.Now - (100 * SomeEvents.Day), null) },
            new() { Subjects = ["n7", "n8"], Services = ["app"] }, new() { Subjects = ["n7"] },
        })
            foreach (var mode in Enum.GetValues<LedgerMode>())
            {
                var page = index.Read(query with { Mode = mode, Slice = mode == LedgerMode.Slice ? (3, 10) : (0, 1) });
                Assert.That(page.Events, Is.Not.Empty, $"{mode} of {query}");
                // Samples look at each day once for each grade; slices of several subjects at all of theirs.
                var most = mode switch { LedgerMode.Sample => 2 * 5 * 201, LedgerMode.Slice => 1700, _ => 110 };
                Assert.That(index.LastSteps, Is.LessThan(most), $"{mode} of {query}");
            }
    }

    [Test]
    public void Find_OfAnIdThatIsNotThere_IsNull()
    {
        var entry = SomeEvents.Entry(1, 1);
        var index = SomeEvents.IndexOf([entry]);
        Assert.That(index.Find(entry.Event.Id), Is.SameAs(entry.Event));
        Assert.That(index.Find(SomeEvents.Entry(2, 1).Event.Id), Is.Null);
    }

    private static LedgerQuery Query(Random random) => new()
    {
        Limit = 1 + random.Next(80),
        Services = random.Next(2) == 0 ? [] : [.. Enumerable.Range(0, random.Next(1, 5)).Select(i => $"s{i}")],
        Subjects = random.Next(2) == 0 ? [] : [.. Enumerable.Range(1, random.Next(1, 7)).Select(i => $"n{i}"), "n1"],
        Since = random.Next(2) == 0 ? 0 : SomeEvents.Now - (random.Next(20) * SomeEvents.Day / 7),
    };

    private static void Shuffle(List<LedgerEntry> entries, Random random)
    {
        for (var i = entries.Count; i > 1; i--)
        {
            var at = random.Next(i);
            (entries[i - 1], entries[at]) = (entries[at], entries[i - 1]);
        }
    }
}
