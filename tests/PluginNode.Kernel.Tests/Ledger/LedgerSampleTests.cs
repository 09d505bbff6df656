using PluginNode.Events;
using PluginNode.Ledger;

namespace PluginNode.Kernel.Tests.Ledger;

[TestFixture]
public sealed class LedgerSampleTests
{
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public void Sample_IsAPartOfWhatMatches_WithoutRepetition(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, random.Next(700), differentTimes: 1 + random.Next(2000));
        var query = new LedgerQuery
        {
            Mode = LedgerMode.Sample, Limit = 1 + random.Next(800),
            Services = random.Next(2) == 0 ? [] : ["s0", "s2"],
            Subjects = random.Next(2) == 0 ? [] : ["n1", "n2", "n3"],
            Since = random.Next(2) == 0 ? 0 : SomeEvents.Now - (random.Next(200) * SomeEvents.Day / 7),
        };
        var matching = SomeEvents.Matching(entries, query);
        var sample = SomeEvents.IndexOf(entries, seed: seed).Read(query).Ids();
        Assert.Multiple(() =>
        {
            Assert.That(sample, Is.SubsetOf(matching));
            Assert.That(sample, Has.Count.EqualTo(Math.Min(query.Limit, matching.Count)));
            Assert.That(sample, Is.Unique);
            Assert.That(sample, Is.EqualTo(matching.Intersect(sample)), "oldest first");
        });
    }

    [Test]
    public void Sample_OlderEvents_FollowTheHalfLife()
    {
        var entries = Enumerable.Range(0, 4000)
            .Select(i => SomeEvents.Entry(i, SomeEvents.Now - (i % 2 == 0 ? 0 : 14 * SomeEvents.Day) + i));
        var index = SomeEvents.IndexOf(entries);
        var old = 0;
        for (var i = 0; i < 200; i++)
            old += index.Read(Of(10)).Events.Count(e => e.Timestamp < SomeEvents.Now - SomeEvents.Day);
        // 14 days: a weight of 2^(-14/14.4) = 0.51, so 0.338 of 2 000; the deviation is 21.
        Assert.That(old, Is.InRange(570, 780));
    }

    [Test]
    public void Sample_EventsOfManyYears_AreDrawnAtRandomEvenWhereWeightsVanish()
    {
        var entries = Enumerable.Range(0, 2000).Select(i => SomeEvents.Entry(i, 20_000 * SomeEvents.Day + i))
            .Append(SomeEvents.Entry(-1, 23_000 * SomeEvents.Day)); // 208 half-lives later
        var index = SomeEvents.IndexOf(entries);
        var seen = new HashSet<EventId>();
        for (var i = 0; i < 200; i++) seen.UnionWith(index.Read(Of(11)).Ids());
        Assert.That(seen, Has.Count.GreaterThan(1100), "1 264 of 2 000 draws of 2 000 are expected to differ");
    }

    [Test]
    public void Sample_MoreCriticalEventsThanAPage_StarveNobodyAndAreOthersEachTime()
    {
        var entries = Enumerable.Range(0, 2000).Select(i => SomeEvents.Entry(
            i, SomeEvents.Now - (i * SomeEvents.Day / 5),
            importance: i % 2 == 0 ? EventImportance.Critical : EventImportance.Normal)).ToList();
        var index = SomeEvents.IndexOf(entries);
        var critical = entries.Where(e => e.Importance == EventImportance.Critical).Select(e => e.Event.Id).ToHashSet();
        var seen = new HashSet<EventId>();
        for (var i = 0; i < 100; i++)
        {
            var sample = index.Read(Of(100)).Ids();
            Assert.That(sample.Count(critical.Contains), Is.EqualTo(50));
            seen.UnionWith(sample.Where(critical.Contains));
        }
        Assert.That(seen, Has.Count.GreaterThan(900), "994 of 1 000 are expected");
    }

    [Test]
    public void Sample_MoreImportantOnes_AreDrawnMoreOften()
    {
        var index = SomeEvents.IndexOf(Enumerable.Range(0, 4000).Select(i => SomeEvents.Entry(
            i, SomeEvents.Now, importance: i % 2 == 0 ? EventImportance.High : EventImportance.Low)));
        var high = 0;
        for (var i = 0; i < 100; i++)
            high += index.Read(Of(10)).Events.Count(e => SomeEvents.NumberOf(e.Id) % 2 == 0);
        Assert.That(high, Is.InRange(740, 860), "four of five");
    }

    private static LedgerQuery Of(int limit) => new() { Mode = LedgerMode.Sample, Limit = limit };
}
