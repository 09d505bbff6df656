using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Ledger;
using PluginNode.Peers;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Ledger;

[TestFixture]
public sealed class NodeLedgerTests
{
    [Test]
    public async Task Record_OwnEvent_IsSignedDurableAndVerifiedByAnother()
    {
        var medium = new ListMedium();
        Event told;
        await using (var alice = await OpenAsync(2, medium, "alice"))
        {
            var recorded = await alice.Events.RecordAsync("note", """{"b":1,"a":"é"}"""u8.ToArray());
            Assert.That(recorded.Problem, Is.Null);
            told = recorded.Event!;
            Assert.That((told.Emitter, told.IsSigned), Is.EqualTo(("alice", true)));
            Assert.That(alice.Ledger.Find(told.Id), Is.SameAs(told));
        }
        await using var again = await OpenAsync(2, medium, "alice");
        Assert.That(again.Ledger.Find(told.Id)!.Data.ToArray(), Is.EqualTo(told.Data.ToArray()));

        await using var beta = await OpenAsync(3, new ListMedium(), "beta");
        var report = await beta.Intake.MergeAsync(
            "alice", again.Ledger.Read(new LedgerQuery()).Events, CancellationToken.None);
        Assert.That(report.Merged, Is.EqualTo(1));
    }

    [TestCase("no:service", "1", EventVerdict.Malformed)]
    [TestCase("note", "{", EventVerdict.Malformed)]
    [TestCase("note", "", EventVerdict.TooLarge)]
    [TestCase("agreed", """{"what":"x"}""", EventVerdict.NotVouched)]
    public async Task Record_WhatIsNoEvent_SaysWhy(string service, string data, EventVerdict verdict)
    {
        await using var node = await OpenAsync(2, new ListMedium(), "alice");
        var recorded = await node.Events.RecordAsync(service, System.Text.Encoding.UTF8.GetBytes(data));
        Assert.That((recorded.Event, recorded.Verdict), Is.EqualTo(((Event?)null, verdict)));
        Assert.That(recorded.Problem, Is.Not.Empty);
    }

    [Test]
    public async Task Record_StoreFull_ThereIsNoSuchEvent()
    {
        var store = new ListStore(new ListMedium());
        await using var node = await OpenAsync(2, store, "alice");
        store.BeforeCommit = _ => throw new StoreFullException("full");
        Assert.That(
            async () => await node.Events.RecordAsync("note", "1"u8.ToArray()), Throws.InstanceOf<StoreException>());
        Assert.That(node.Ledger.Count, Is.Zero);
        store.BeforeCommit = null;
    }

    [Test]
    public async Task Metrics_CountWhatCameOfEvents()
    {
        await using var node = await OpenAsync(2, new ListMedium(), "alice");
        await node.Events.RecordAsync("note", "1"u8.ToArray());
        var made = new EventMaker(TestNode.IdentityOf(5), "eve", LedgerKinds.All(), TimeProvider.System);
        await node.Intake.MergeAsync("beta", [made.Tell("note", "2")], CancellationToken.None);
        await node.Intake.MergeAsync("beta", [made.Hello("eve", TestNode.IdOf(5)), made.Tell("note", "3")], default);
        await node.Intake.MergeAsync(
            "beta", [new Event(new EventId(1), 1, "note", "eve", "", [], "4"u8)], CancellationToken.None);
        Assert.That(
            (await node.MetricsAsync()).Ledger,
            Is.EqualTo(new LedgerMetrics(
                Events: 4, Records: 1, Merged: 4, Pruned: 0, Rejected: 1, Pending: 0, PendingDropped: 0, LearnedKeys: 1,
                OtherKeys: 0, OtherIds: 0)));
    }

    [TestCase("short", 0L, 20_000)]
    [TestCase("medium", 0L, 80_000)]
    [TestCase("hog", 0L, 320_000)]
    [TestCase("auto", 384L << 20, 20_000)]
    [TestCase("auto", (384L << 20) + 1, 80_000)]
    [TestCase("auto", 1024L << 20, 80_000)]
    [TestCase("auto", (1024L << 20) + 1, 320_000)]
    public void Profile_HasItsCapacity(string name, long available, int events) =>
        Assert.That(MemoryProfile.Find(name, available)!.Events, Is.EqualTo(events));

    [Test]
    public void Profile_OfNoSuchName_IsNone() => Assert.That(MemoryProfile.Find("large", 0), Is.Null);

    private static Task<NodeKernel> OpenAsync(byte seed, ListMedium medium, string name) =>
        OpenAsync(seed, new ListStore(medium), name);

    private static Task<NodeKernel> OpenAsync(byte seed, ListStore store, string name)
    {
        var parts = new KernelParts(
            TestNode.IdentityOf(seed), [], store, new PeerBook([new Peer("alice", TestNode.IdOf(2), [])]),
            TimeProvider.System, new SystemChance(TimeProvider.System), new FaultLog())
        {
            Kinds = LedgerKinds.All(),
            SignatureChecks = new ParallelSignatureChecks(),
        };
        var options = TestNode.Options with { Ledger = new LedgerOptions { Name = name } };
        return NodeKernel.OpenAsync(parts, options, CancellationToken.None);
    }
}
