using PluginNode.Events;
using PluginNode.Ledger;

namespace PluginNode.Kernel.Tests.Ledger;

/// <summary>What nobody signed.</summary>
[TestFixture]
public sealed class HearsayTests
{
    private readonly LedgerNodeOptions _options = new() { Hearsay = true };

    private static Event Unsigned(Event e) =>
        new(e.Id, e.Timestamp, e.Service, e.Emitter, e.EmitterId, [], e.Data.Span);

    [Test]
    public async Task Unsigned_IsRejectedAndKeptApart_AndGivesWayToTheSignedOne()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var told = _options.Maker(2, "alice").Tell("report", """{"who":"alice","about":"x"}""");
        var rumour = new Event(told.Id, told.Timestamp, told.Service, "", "", [], told.Data.Span);

        for (var i = 0; i < 2; i++)
        {
            var report = await node.MergeAsync(rumour);
            Assert.That((report.Merged, report.Pending, report.Duplicates), Is.EqualTo((0, 0, 0)));
            Assert.That(report.Rejected, Is.EqualTo(new Dictionary<EventVerdict, int> { [EventVerdict.Unsigned] = 1 }));
        }
        Assert.That(node.Intake.Hearsay!.Read(new LedgerQuery()).Events, Is.EqualTo(new[] { rumour }));
        Assert.That((node.Index.Count, node.Index.Days(), node.Index.Subjects()), Is.EqualTo((
            0, Array.Empty<LedgerDay>(), Array.Empty<string>())), "nothing that a neighbour is told");
        Assert.That(node.Index.Find(told.Id), Is.Null);

        Assert.That((await node.MergeAsync(told)).Merged, Is.EqualTo(1));
        Assert.That(node.Intake.Hearsay.Read(new LedgerQuery()).Events, Is.Empty);
        Assert.That((await node.RestartAsync()).Index.AllIds(), Is.EqualTo(new[] { told.Id }));
    }

    [Test]
    public async Task NotSet_NothingIsKept()
    {
        var node = await LedgerNode.StartAsync(options: _options with { Hearsay = false });
        var report = await node.MergeAsync(Unsigned(_options.Maker(2, "alice").Tell("a")));
        Assert.That(report.Rejected[EventVerdict.Unsigned], Is.EqualTo(1));
        Assert.That(node.Intake.Hearsay, Is.Null);
    }

    [Test]
    public async Task WhatIsWrongBeyondThat_IsNotKept()
    {
        var node = await LedgerNode.StartAsync(options: _options);
        var told = _options.Maker(2, "alice").Tell("a");
        await node.MergeAsync(
            new Event(new EventId(7), told.Timestamp, told.Service, "alice", "", [], told.Data.Span),
            new Event(told.Id, told.Timestamp, told.Service, "alice", "", new byte[64], told.Data.Span));
        Assert.That(node.Intake.Hearsay!.Read(new LedgerQuery()).Events, Is.Empty);
    }

    [Test]
    public async Task AFullLedger_IsNoReasonToForgetIt()
    {
        var maker = _options.Maker(2, "alice");
        var rumour = Unsigned(maker.Tell("older"));
        var node = await LedgerNode.StartAsync(options: _options, capacity: 4);
        _options.Time.Advance(TimeSpan.FromSeconds(1));
        await node.MergeAsync(Enumerable.Range(0, 4).Select(i => maker.Tell($"{i}")));
        Assert.That((await node.MergeAsync(rumour)).Rejected[EventVerdict.Unsigned], Is.EqualTo(1));
        Assert.That(node.Intake.Hearsay!.Read(new LedgerQuery()).Events, Is.EqualTo(new[] { rumour }));
    }

    [Test]
    public void TooMany_TheOldestLeave([Values] bool large)
    {
        var hearsay = new Hearsay(SomeEvents.IndexOf([]));
        var most = large ? (int)(Hearsay.MostBytes / (60_000 + 700)) : Hearsay.MostEvents;
        var text = $"\"{new string('x', large ? 60_000 : 1)}\"";
        for (var i = most + 2; i > 0; i--)
            hearsay.Add(LedgerEntry.Of(
                new Event(new EventId((UInt128)i), i, "app", "e", "", [], System.Text.Encoding.ASCII.GetBytes(text)),
                EventReading.Valid("", "", EventImportance.Normal), 0, new EventKinds().Of("app")));
        var kept = hearsay.Read(new LedgerQuery { Limit = LedgerQuery.MostEvents }).Events;
        Assert.That(kept.Select(e => e.Timestamp), Is.EqualTo(Enumerable.Range(0, kept.Count).Select(i =>
            (long)(most + 3 - kept.Count + i))));
        Assert.That(kept, Has.Count.InRange(most - 1, most));
    }

    [FsCheck.NUnit.Property(MaxTest = 50)]
    public void Pages_AndTheNewest_AreAsOfALedger(int seed)
    {
        var random = new Random(seed);
        var entries = SomeEvents.Many(random, random.Next(300), differentTimes: 1 + random.Next(20));
        var hearsay = new Hearsay(SomeEvents.IndexOf([]));
        foreach (var entry in entries) hearsay.Add(entry);
        var ledger = SomeEvents.IndexOf(entries);
        var query = new LedgerQuery
        {
            Limit = 1 + random.Next(40), Since = SomeEvents.Now - (random.Next(20) * SomeEvents.Day / 7),
            Services = random.Next(2) == 0 ? [] : ["s1", "s2"], Subjects = random.Next(2) == 0 ? [] : ["n1", "n3"],
        };
        var newest = query with { Mode = LedgerMode.Recent };
        Assert.That(hearsay.Read(newest).Ids(), Is.EqualTo(ledger.Read(newest).Ids()));
        for (LedgerCursor? after = null; ;)
        {
            var (page, same) = (hearsay.Read(query with { After = after }), ledger.Read(query with { After = after }));
            Assert.That(page.Ids(), Is.EqualTo(same.Ids()));
            Assert.That(page.Next, Is.EqualTo(same.Next));
            if (page.Next is null) break;
            after = random.Next(3) == 0 ? page.Next.Value with { Id = null } : page.Next;
        }
    }

    [TestCase(LedgerMode.Sample, 1), TestCase(LedgerMode.Slice, 1), TestCase(LedgerMode.Page, 0)]
    public void Read_SomethingElse_IsTheCallersMistake(LedgerMode mode, int limit) => Assert.That(
        () => new Hearsay(SomeEvents.IndexOf([])).Read(new LedgerQuery { Mode = mode, Limit = limit }),
        Throws.ArgumentException);
}
