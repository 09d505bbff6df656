using PluginNode.Events;
using PluginNode.Ledger;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Ledger;

[TestFixture]
public sealed class LedgerStoreTests
{
    [Test]
    public async Task Merge_FiveThousandEvents_IsOneCommitAndSurvives()
    {
        var entries = SomeEvents.Many(new Random(1), 5000, 300);
        var node = await LedgerNode.StartAsync();
        var change = await node.Loop.MergeAsync([.. entries, entries[0], .. entries]);
        Assert.That(change, Is.EqualTo(new LedgerChange(5000, 5001, 0)));
        Assert.That(node.Store.Commits, Is.EqualTo(1));
        Assert.That(node.Medium.Records, Has.Count.EqualTo(40), "128 events a record");
        AssertSame(await node.RestartAsync(), node);
    }

    [Test]
    public async Task Restart_KeepsEveryPartOfAnEvent()
    {
        var made = new Event(
            new EventId(7), 123, "s", "emitter", "its-id", new byte[64], """{"a":[1,"é"]}"""u8);
        var entry = new LedgerEntry(
            made, EventReading.Valid("actor", "target", EventImportance.Critical), attestation: 99, []);
        var node = await LedgerNode.StartAsync();
        await node.Loop.MergeAsync([entry]);
        var again = await node.RestartAsync();
        var found = again.Index.Find(made.Id)!;
        Assert.Multiple(() =>
        {
            Assert.That((found.Id, found.Timestamp, found.Service, found.Emitter, found.EmitterId),
                Is.EqualTo((made.Id, made.Timestamp, made.Service, made.Emitter, made.EmitterId)));
            Assert.That(found.Data.ToArray(), Is.EqualTo(made.Data.ToArray()));
            Assert.That(found.Signature.ToArray(), Is.EqualTo(made.Signature.ToArray()));
            Assert.That(again.Index.Subjects(), Is.EqualTo(new[] { "actor", "target" }));
            Assert.That(again.Index.Foresee(SomeEvents.Entry(5, 5, attestation: 99)), Is.EqualTo(Addition.Duplicate));
        });
    }

    [Test]
    public async Task OneByOne_RecordsStayFew()
    {
        var node = await LedgerNode.StartAsync();
        var entries = SomeEvents.Many(new Random(1), 1000, 300);
        foreach (var entry in entries) await node.Loop.MergeAsync([entry]);
        AssertSame(await node.RestartAsync(), node);
        Assert.That(node.Medium.Records, Has.Count.LessThanOrEqualTo(1000 / 64 + 7));
        Assert.That(await node.Loop.Box.AskAsync(() => node.Loop.Records), Is.EqualTo(node.Medium.Records.Count));
    }

    [TestCase(1)]
    [TestCase(37)]
    [TestCase(500)]
    public async Task Pruned_LeaveTheStoreToo(int atOnce)
    {
        var node = await LedgerNode.StartAsync(capacity: 200);
        var entries = SomeEvents.Many(new Random(2), 3000, 300);
        foreach (var part in entries.Chunk(atOnce)) await node.Loop.MergeAsync(part);
        await node.Loop.MergeAsync([SomeEvents.Entry(-1, SomeEvents.Now + 1, importance: EventImportance.High)]);
        Assert.That(node.Index.Count, Is.EqualTo(200));
        var larger = await node.RestartAsync();
        // Removals ride, and a record is rewritten when most of it is pruned.
        Assert.That(larger.Index.Count, Is.LessThan(200 * 2 + 500 + 128), "what the store still holds");
        AssertSame(await node.RestartAsync(capacity: 200), node);
    }

    [Test]
    public async Task ADamagedRecord_LosesItsOwnEventsOnly_AndTheyCanComeAgain([Values] bool emptied)
    {
        var entries = SomeEvents.Many(new Random(3), 1000, 300);
        var node = await LedgerNode.StartAsync();
        await node.Loop.MergeAsync(entries);
        var copy = node.Copy();
        var (sequence, record) = copy.Records.ElementAt(3);
        var body = emptied ? [] : record.Body.ToArray();
        if (!emptied) body[100] ^= 1;
        copy.Records[sequence] = record with { Body = body };
        var damaged = await LedgerNode.StartAsync(copy);
        Assert.Multiple(() =>
        {
            Assert.That(damaged.Index.Count, Is.EqualTo(1000 - StoredPage.MostEvents));
            Assert.That(copy.Quarantined, Is.EqualTo(new[] { sequence }));
        });
        var change = await damaged.Loop.MergeAsync([.. entries.Select(Again)]);
        Assert.That(change.Merged, Is.EqualTo(StoredPage.MostEvents));
        AssertSame(await damaged.RestartAsync(), node);
    }

    /// <summary>Whatever commit was the last: what was answered is there, and of what was not all or nothing.</summary>
    [Test]
    public async Task Kill_AfterAnyCommit_LeavesWhatWasAnswered()
    {
        var random = new Random(4);
        var node = await LedgerNode.StartAsync(capacity: 150);
        var entries = SomeEvents.Many(random, 600, 100);
        for (var at = 0; at < entries.Count;)
        {
            var part = entries.Skip(at).Take(random.Next(1, 60)).ToList();
            at += part.Count;
            var before = node.Copy();
            await node.Loop.MergeAsync(part);
            AssertSame(await node.RestartAsync(capacity: 150), node);
            // The commit did not reach the disk: told again, all ends alike.
            var killed = await LedgerNode.StartAsync(before, 150);
            await killed.Loop.MergeAsync([.. part.Select(Again)]);
            AssertSame(killed, node);
        }
    }

    [Test]
    public async Task DuringACommit_TheEventsAreNotThereYet_AndWaitTogether()
    {
        var node = await LedgerNode.StartAsync();
        var go = new TaskCompletionSource();
        node.Store.BeforeCommit = _ => go.Task;
        var first = node.Loop.MergeAsync([SomeEvents.Entry(1, 1)]);
        var second = node.Loop.MergeAsync([SomeEvents.Entry(1, 1), SomeEvents.Entry(2, 2)]);
        var third = node.Loop.MergeAsync([SomeEvents.Entry(3, 3)]);
        await node.Loop.Box.AskAsync(() => 0);
        Assert.That((node.Index.Count, first.IsCompleted), Is.EqualTo((0, false)));
        go.SetResult();
        Assert.That(
            new[] { await first, await second, await third },
            Is.EqualTo(new LedgerChange[] { new(1, 0, 0), new(1, 1, 0), new(1, 0, 0) }));
        Assert.That(node.Store.Commits, Is.LessThanOrEqualTo(3));
    }

    [Test]
    public async Task AFailedCommit_MergesNothing_AndARetryDoes()
    {
        var node = await LedgerNode.StartAsync();
        await node.Loop.MergeAsync([SomeEvents.Entry(0, 1)]);
        node.Store.BeforeCommit = _ => throw new StoreFullException("full");
        var entries = SomeEvents.Many(new Random(5), 20, 10);
        Assert.That(async () => await node.Loop.MergeAsync(entries), Throws.InstanceOf<StoreException>());
        Assert.That(node.Index.Count, Is.EqualTo(1));
        node.Store.BeforeCommit = null;
        await node.Loop.MergeAsync(entries.Skip(1).ToList());
        Assert.That(node.Index.Count, Is.EqualTo(20));
        AssertSame(await node.RestartAsync(), node);
    }

    [Test]
    public async Task Stop_AnswersWhatWasTaken_AndRefusesTheRest()
    {
        var node = await LedgerNode.StartAsync();
        var go = new TaskCompletionSource();
        node.Store.BeforeCommit = _ => go.Task;
        Task<LedgerChange>[] taken =
            [node.Loop.MergeAsync([SomeEvents.Entry(1, 1)]), node.Loop.MergeAsync([SomeEvents.Entry(2, 2)])];
        var stopped = node.Loop.StopAsync();
        Assert.That(
            async () => await node.Loop.MergeAsync([SomeEvents.Entry(3, 3)]), Throws.InstanceOf<StoreException>());
        go.SetResult();
        await stopped;
        Assert.That((await Task.WhenAll(taken)).Select(c => c.Merged), Is.All.EqualTo(1));
    }

    private static void AssertSame(LedgerNode one, LedgerNode other) => Assert.Multiple(() =>
    {
        Assert.That(one.Index.AllIds(), Is.EqualTo(other.Index.AllIds()));
        Assert.That(one.Index.Days(), Is.EqualTo(other.Index.Days()));
        Assert.That(one.Index.Subjects(), Is.EqualTo(other.Index.Subjects()));
    });

    // An entry is one ledger's: it says in which of its records it lies.
    private static LedgerEntry Again(LedgerEntry entry) => new(
        entry.Event, EventReading.Valid(entry.Actor, entry.Target, entry.Importance), entry.Attestation, entry.Bounds);
}
