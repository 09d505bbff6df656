using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;
using PluginNode.Simulation.World;

namespace PluginNode.Simulation.Tests;

/// <summary>A node that checks no signatures can't be had from outside of the kernel; so the auditor is shown what its
/// ledger would hold.</summary>
[TestFixture]
public sealed class LedgerAuditorTests
{
    private Scheduler _stage = null!;
    private LedgerAuditor _auditor = null!;

    [SetUp]
    public void SetUp()
    {
        _stage = new Scheduler(1);
        _auditor = new LedgerAuditor(_stage);
        _auditor.Know("node-0", SimNode.IdentityOf(0).Self);
        _auditor.Know("node-1", SimNode.IdentityOf(1).Self);
    }

    [Test]
    public void CheckTrue_WhatWasRecorded_IsFine([Values] bool said)
    {
        var (fact, made) = Record();
        if (said) _auditor.Recorded(fact, new RecordedEvent(made, EventVerdict.Valid, null));
        Assert.That(() => Check(made), Throws.Nothing);
        Assert.That(() => Check(Like(made)), Throws.Nothing, "another copy of it");
    }

    [Test]
    public void CheckTrue_SignedByAnother_IsCaught([Values] bool said)
    {
        var (fact, made) = Record();
        if (said) _auditor.Recorded(fact, new RecordedEvent(made, EventVerdict.Valid, null));
        Assert.That(() => Check(Make(1, "node-0", fact)), Throws.TypeOf<SimulationException>());
    }

    [TestCase("time")]
    [TestCase("name")]
    [TestCase("signature")]
    [TestCase("data")]
    public void CheckTrue_AlteredBeforeOrAfterItIsKnown_IsCaught(string what)
    {
        var (fact, made) = Record();
        var altered = what switch
        {
            "time" => Like(made, timestamp: made.Timestamp + 1),
            "name" => Like(made, emitter: "node-1"),
            "signature" => Like(made, signature: Make(1, "node-0", fact).Signature),
            _ => Like(made, data: new Fact(2, "node-0").Data),
        };
        Assert.That(() => Check(altered), Throws.TypeOf<SimulationException>());
        _auditor.Recorded(fact, new RecordedEvent(made, EventVerdict.Valid, null));
        Assert.That(() => Check(Like(altered)), Throws.TypeOf<SimulationException>());
    }

    [Test]
    public void CheckTrue_RecordedByNobody_IsCaught() =>
        Assert.That(() => Check(Make(0, "node-0", new Fact(1, "node-0"))), Throws.TypeOf<SimulationException>());

    private (Fact, Event) Record()
    {
        var fact = _auditor.NewFact("node-0");
        return (fact, Make(0, "node-0", fact));
    }

    private Event Make(int signer, string emitter, Fact fact) => new EventMaker(
        SimNode.IdentityOf(signer), emitter, new EventKinds(), new VirtualTime(_stage, TimeSpan.Zero, null))
        .Make(Fact.Service, fact.Data).Event!;

    private static Event Like(
        Event e, long? timestamp = null, string? emitter = null, ReadOnlyMemory<byte>? signature = null,
        ReadOnlyMemory<byte>? data = null) => new(
        e.Id, timestamp ?? e.Timestamp, e.Service, emitter ?? e.Emitter, "", (signature ?? e.Signature).Span,
        (data ?? e.Data).Span);

    private void Check(Event @event) => _auditor.CheckTrue("node-1", new OneEvent(@event));

    private sealed class OneEvent(Event @event) : ILedger
    {
        public int Count => 1;

        public LedgerPage Read(LedgerQuery query) => new([@event], null);

        public Event? Find(EventId id) => id == @event.Id ? @event : null;

        public IReadOnlyList<string> Subjects() => [@event.Emitter];

        public IReadOnlyList<LedgerDay> Days() => [];
    }
}
