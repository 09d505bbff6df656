using PluginNode.Events;
using PluginNode.Ledger;

namespace PluginNode.Kernel.Tests.Ledger;

[TestFixture]
public sealed class LedgerBoundsTests
{
    [Test]
    public void Add_Full_TheLeastImportantAndThenTheOldestLeave()
    {
        var entries = Enumerable.Range(0, 50).Select(i => SomeEvents.Entry(
            i, 1000 + i, importance: (EventImportance)(i % 4))).ToList();
        var index = SomeEvents.IndexOf(entries, capacity: 20);
        // 12 of grade 3, and the newest 8 of grade 2
        Assert.That(
            index.AllIds(),
            Is.EqualTo(entries.Where(e => e.Timestamp >= 1000 + 18 && (int)e.Importance == 2
                || (int)e.Importance == 3).Select(e => e.Event.Id)));
    }

    [Test]
    public void Add_CriticalEventsOnly_TakeThreeQuartersAndTheNewestStay()
    {
        var entries = Enumerable.Range(0, 100)
            .Select(i => SomeEvents.Entry(i, 1000 + i, importance: EventImportance.Critical)).ToList();
        var index = SomeEvents.IndexOf(entries, capacity: 40);
        Assert.That(index.AllIds(), Is.EqualTo(entries.TakeLast(30).Select(e => e.Event.Id)));
        var fleeting = SomeEvents.Entry(-1, 1, importance: EventImportance.Fleeting);
        Assert.That(index.Add(fleeting, []), Is.EqualTo(Addition.Added));
    }

    [Test]
    public void Add_MoreBytesThanThereIsMemoryFor_TheLeastImportantLeave()
    {
        var entries = Enumerable.Range(0, 100).Select(i => SomeEvents.Entry(i, 1000 + i)).ToList();
        var index = new LedgerIndex(1000, new Conformance.Fakes.SeededChance(1), mostBytes: 20 * entries[0].Bytes);
        foreach (var entry in entries) index.Add(entry, []);
        Assert.That(index.AllIds(), Is.EqualTo(entries.TakeLast(20).Select(e => e.Event.Id)));
        Assert.That(index.Bytes, Is.EqualTo(20 * entries[0].Bytes));
        Assert.That(index.Foresee(entries[0]), Is.EqualTo(Addition.Pruned));
    }

    [Test]
    public void WhatWasPruned_DoesNotComeBack_AndPushesNothingOut()
    {
        var entries = Enumerable.Range(0, 60).Select(i => SomeEvents.Entry(
            i, 1000 + i, importance: (EventImportance)(i % 5),
            bounds: [new EventBound(1, 5, "e", $"{i % 6}")])).ToList();
        var index = SomeEvents.IndexOf(entries, capacity: 24);
        var held = index.AllIds();
        Assert.That(held, Has.Count.EqualTo(24));
        foreach (var entry in entries.Where(e => !held.Contains(e.Event.Id)))
        {
            Assert.That(index.Foresee(entry), Is.EqualTo(Addition.Pruned), "before any signature is checked");
            var leaving = new List<LedgerEntry>();
            Assert.That(index.Add(entry, leaving), Is.EqualTo(Addition.Pruned));
            Assert.That(leaving, Is.EqualTo(new[] { entry }));
        }
        Assert.That(index.AllIds(), Is.EqualTo(held));
    }

    [Test]
    public void WhatLeftAFullGroup_IsRefusedBeforeAnySignatureIsChecked()
    {
        var entries = Enumerable.Range(0, 8)
            .Select(i => SomeEvents.Entry(i, 1000 + i, bounds: [new EventBound(1, 5, "e", "s")])).ToList();
        var index = SomeEvents.IndexOf(entries);
        Assert.That(index.AllIds(), Is.EqualTo(entries.TakeLast(5).Select(e => e.Event.Id)));
        Assert.That(entries.Take(3).Select(index.Foresee), Is.All.EqualTo(Addition.Pruned));
    }

    [Test]
    public void ADuplicate_OfAFullGroup_DeletesNothing()
    {
        var entries = Enumerable.Range(0, 20)
            .Select(i => SomeEvents.Entry(i, 1000 + i, bounds: [new EventBound(1, 20, "e", "s")])).ToList();
        var index = SomeEvents.IndexOf(entries);
        foreach (var again in entries)
        {
            var leaving = new List<LedgerEntry>();
            Assert.That(index.Add(again, leaving), Is.EqualTo(Addition.Duplicate));
            Assert.That(leaving, Is.Empty);
        }
        Assert.That(index.Count, Is.EqualTo(20));
    }

    [Test]
    public void AnAttestation_ToldUnderManyTimesAndNames_IsThereOnce()
    {
        var index = SomeEvents.IndexOf([]);
        for (var i = 0; i < 10; i++)
            Assert.That(
                index.Add(SomeEvents.Entry(i, 1000 - i, emitter: "", target: $"n{i}", attestation: 7), []),
                Is.EqualTo(i == 0 ? Addition.Added : Addition.Duplicate));
        Assert.That(index.Subjects(), Is.EqualTo(new[] { "n0" }));
    }

    [Test]
    public void AnId_ToldByAnother_GivesWayToWhoDidIt()
    {
        var index = SomeEvents.IndexOf([]);
        var (other, own) = (SomeEvents.Entry(1, 1000, emitter: "mallory", actor: "alice"),
            SomeEvents.Entry(1, 1000, emitter: "alice", actor: "alice"));
        index.Add(other, []);
        Assert.That(index.Has(own.Event.Id, "alice"), Is.False);
        Assert.That(index.Has(own.Event.Id, "bob"), Is.True, "a third one's word adds nothing");
        var leaving = new List<LedgerEntry>();
        Assert.That(index.Add(own, leaving), Is.EqualTo(Addition.Added));
        Assert.That(leaving, Is.EqualTo(new[] { other }));
        Assert.That(index.Find(own.Event.Id)!.Emitter, Is.EqualTo("alice"));
        Assert.That(index.Add(other, []), Is.EqualTo(Addition.Duplicate));
        Assert.That(index.Count, Is.EqualTo(1));
    }

    /// <summary>The convergence of ledgers: also at capacity, and with groups that lie within others.</summary>
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public void AnyOrder_WithDuplicates_EndsInTheSameLedger(int seed)
    {
        var random = new Random(seed);
        var entries = Enumerable.Range(0, random.Next(400)).Select(i =>
        {
            var (emitter, about, time) = ($"e{random.Next(3)}", $"n{random.Next(4)}", random.Next(200));
            // Where the bound on critical events takes one from a full group, order makes a difference: they have none.
            var importance = (EventImportance)random.Next(5);
            EventBound[] bounds = importance == EventImportance.Critical ? [] :
            [
                new EventBound(1, 4, emitter, about, time / 20), new EventBound(2, 12, emitter, about),
                new EventBound(3, 30, "", about),
            ];
            return SomeEvents.Entry(
                i, 1 + time, emitter: emitter, actor: emitter, target: about, importance: importance, bounds: bounds);
        }).ToList();
        var capacity = 4 + random.Next(300);
        var (one, other) = (Told(entries, capacity, random), Told(entries, capacity, random));
        Assert.Multiple(() =>
        {
            Assert.That(one.AllIds(), Is.EqualTo(other.AllIds()));
            Assert.That(one.Days(), Is.EqualTo(other.Days()));
            Assert.That(one.Subjects(), Is.EqualTo(other.Subjects()));
        });
    }

    private static LedgerIndex Told(List<LedgerEntry> entries, int capacity, Random random)
    {
        var order = entries.Concat(entries.Where(_ => random.Next(3) == 0)).ToArray();
        random.Shuffle(order);
        return SomeEvents.IndexOf(order, capacity);
    }
}
