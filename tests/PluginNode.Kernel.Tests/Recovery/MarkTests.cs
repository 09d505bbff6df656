using PluginNode.Events;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Recovery;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Kernel.Tests.Recovery;

/// <summary>A node that knows how far neighbours were read asks for the rest only, and never for too little.</summary>
[TestFixture]
public sealed class MarkTests : RecoveryFixture
{
    private DirectSync _sync = null!;
    private RecoveryNode _other = null!;
    private bool _tells;

    /// <summary>Twice the background interval of 30 minutes, and ten minutes.</summary>
    private static readonly TimeSpan Overlap = Minutes(70);

    [TestCase(true), TestCase(false)]
    public void Restart_AsksForTheGap(bool tells)
    {
        var node = Recover(tells);
        var mark = Stage.Now - Overlap;
        Stop(node);
        Stage.Advance(Minutes(1));
        _other.Record("meanwhile");
        var again = Again(node);
        Assert.Multiple(() =>
        {
            Assert.That(_sync.Plans[0].Neighbours[0].Since, Is.EqualTo(SyncMarksTime(mark)));
            Assert.That(_sync.Received, Is.EqualTo(1), "what crosses the wire is the gap");
            Assert.That(again.Kernel.Ledger.Days(), Is.EqualTo(_other.Kernel.Ledger.Days()));
        });
    }

    [TestCase("damage"), TestCase("unreadable"), TestCase("capacity")]
    public void AStoreThatLostSomething_OrAnotherCapacity_AsksForEverything(string what)
    {
        var node = Recover(tells: false);
        Stop(node);
        var events = node.Medium.Records.Values.First(r => r.Key.Collection == (byte)Collection.Events);
        if (what == "damage") Damage(node, events with { Body = Flip(events.Body) });
        if (what == "unreadable") Damage(node, events with { Header = Flip(events.Header) });
        var again = Again(node, profile: what == "capacity" ? MemoryProfile.Hog : null);
        Assert.Multiple(() =>
        {
            Assert.That(_sync.Plans[0].Neighbours[0].Since, Is.Zero);
            Assert.That(again.Kernel.Ledger.Days(), Is.EqualTo(_other.Kernel.Ledger.Days()));
            Assert.That(again.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        });
    }

    [Test]
    public void AnotherKindIsKnown_EverythingIsAskedFor()
    {
        var node = Recover(tells: false);
        Stop(node);
        var again = Restarted(node);
        Assert.That(again.Kinds.Add(new OneMore(), "test"), Is.Null);
        Attach(again, tells: false).Begin();
        Assert.That(_sync.Plans[0].Neighbours[0].Since, Is.Zero, "what it means was not known before");
    }

    [Test]
    public void ClockInDoubt_NoMarkIsSet()
    {
        Stage.Time.SetUtcNow(Stage.Now.AddHours(1));
        _other = Other();
        var node = Node();
        Stage.Time.SetUtcNow(Stage.Now.AddDays(1));
        Stage.Advance(Seconds(6));
        Assert.That(Stage.Run(() => node.Kernel.MetricsAsync()).ClockHeld, Is.True);
        Attach(node, tells: true).Begin();
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        Assert.That(Marks(node), Is.Zero);
        node.Kernel.ConfirmClock();
        node.Kernel.Recovery.RunAgain();
        Stage.Settle();
        Assert.That(Marks(node), Is.EqualTo(1));
    }

    [Test]
    public void AMergeThatFailed_LeavesNoMark()
    {
        var node = Node().Attach(Script("a", async (session, token) =>
        {
            var from = session.Plan.Neighbours[0];
            session.Called(new NeighbourCall(from, null, 1));
            try
            {
                await session.MergeAsync(from, SomeJson(2, 1), new CancellationToken(canceled: true));
            }
            catch (OperationCanceledException)
            {
                // And goes on as if nothing had happened.
            }
            return new SyncReport(SyncOutcome.Partial) { ReadToEnd = [from.Id] };
        })).Begin();
        Assert.That((node.State.Phase, Marks(node)), Is.EqualTo((RecoveryPhase.Partial, 0)));
    }

    /// <summary>A neighbour heard of old events after it had been read.</summary>
    [Test]
    public void LateEvents_OfDaysThatWereRead_AreFoundByTheirDays_AndReadOnce()
    {
        var node = Recover(tells: true);
        _other.Merge(RecoveryNode.Told(3, 4, -6));
        _sync.Plans.Clear();
        Stage.Until(() => _sync.Plans.Count == 1, Minutes(40));
        Assert.That(_sync.Plans[0].Neighbours[0].Since, Is.EqualTo(SyncMarksTime(Day(-6))));
        Assert.That(node.Kernel.Ledger.Days(), Is.EqualTo(_other.Kernel.Ledger.Days()));
        Stage.Until(() => _sync.Plans.Count == 2, Minutes(40));
        Assert.That(_sync.Plans[1].Neighbours[0].Since, Is.GreaterThan(SyncMarksTime(Day(-1))));
    }

    /// <summary>The mark lies on today, and what is older than it was told to the neighbour late.</summary>
    [Test]
    public void LateEvents_OfTheMarksOwnDay_AreFoundByTheirNumber()
    {
        var node = Recover(tells: true);
        Stage.Advance(TimeSpan.FromHours(8));
        _other.Merge(RecoveryNode.Told(3, 4)); // midnight of today
        Sinces(2, [null, Day(0)], today: true);
        Assert.That(node.Kernel.Ledger.Days(), Is.EqualTo(_other.Kernel.Ledger.Days()));
        Sinces(2, [null, null], today: true);
    }

    /// <summary>A day that was read in part is compared again when it is over.</summary>
    [Test]
    public void LateEvents_OfTheMarksOwnDay_AreFoundWhenItIsOver_WhateverTheirNumber()
    {
        var node = Recover(tells: true);
        Stage.Advance(TimeSpan.FromHours(8));
        for (var i = 0; i < 9; i++) node.Record($"own {i}");
        _other.Merge(RecoveryNode.Told(3, 4));
        Stage.Advance(TimeSpan.FromHours(12));
        Assert.That(node.Kernel.Ledger.Count, Is.EqualTo(109));
        Stage.Advance(TimeSpan.FromHours(5));
        Assert.That(node.Kernel.Ledger.Count, Is.EqualTo(113));
    }

    /// <summary>What can never be merged here is no reason to read it again and again.</summary>
    [Test]
    public void ADayThatStaysDifferent_IsReadOnceOnly_UntilItChanges()
    {
        var node = Recover(tells: true);
        node.Merge(RecoveryNode.Told(3, 1, -4)); // held here only
        node.Merge(RecoveryNode.Told(2, 1, -2));
        _other.Merge(RecoveryNode.Told(3, 2, -2).Skip(1)); // of that day each holds another one
        Sinces(1, [Day(-2)]);
        _other.Merge(RecoveryNode.Told(2, 5, -4)); // now theirs differs for good: ours has one more
        Sinces(1, [Day(-4)]);
        Sinces(2, [null, null]);
        _other.Merge(RecoveryNode.Told(2, 6, -4).Skip(5));
        Sinces(2, [Day(-4), null]);
    }

    [Test]
    public void WhoCannotTellItsDays_IsReadFromTheBeginningOnceADay()
    {
        Recover(tells: false);
        _sync.Plans.Clear();
        Stage.Advance(TimeSpan.FromHours(50));
        var whole = _sync.Plans.Where(p => p.Neighbours.Any(n => n.Since == 0)).ToList();
        Assert.That(whole, Has.Count.EqualTo(2));
        Assert.That(_sync.Plans.Count, Is.GreaterThan(80));
    }

    [Test]
    public void WhatWaitedForAKey_IsAskedForAgain_WhenTheKeyIsKnownAfterARestart()
    {
        _other = Other();
        Stage.Run(() => _other.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(5)));
        _other.Merge(RecoveryNode.Told(5, 3, -3));
        var node = Node(); // does not know p5
        Attach(node, tells: false).Begin();
        Assert.That(node.State.Steps[0].Counts.Pending, Is.EqualTo(50 + 3), "nor p3");
        Stop(node);
        var same = Again(node);
        Assert.That(_sync.Plans[0].Neighbours[0].Since, Is.Not.Zero, "nothing more can be judged than before");
        Stop(same);
        var again = Again(node, knows: [2, 5]);
        Assert.That(_sync.Plans[0].Neighbours.Single(n => n.Name == "p2").Since, Is.Zero);
        Assert.That(again.Kernel.Ledger.Count, Is.EqualTo(50 + 3));
    }

    [Test]
    public void APeerThatIsAdded_FreesWhatWaitedForItsKey()
    {
        _other = Other();
        Stage.Run(() => _other.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(5)));
        _other.Merge(RecoveryNode.Told(5, 3, -3));
        var node = Node();
        Attach(node, tells: false).Begin();
        Assert.That(node.Kernel.Ledger.Count, Is.EqualTo(50));
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(5)));
        node.Kernel.PeerChanged(TestNode.IdOf(5));
        Stage.Settle();
        Assert.That(node.Kernel.Ledger.Count, Is.EqualTo(50 + 3));
    }

    private static long SyncMarksTime(DateTimeOffset at) => at.ToUnixTimeMilliseconds() * 1_000_000;

    private static DateTimeOffset Day(int day) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day);

    private static int Marks(RecoveryNode node) =>
        node.Medium.Records.Values.Count(r => r.Key.Collection == (byte)Collection.SyncMarks);

    private static ReadOnlyMemory<byte> Flip(ReadOnlyMemory<byte> bytes)
    {
        var changed = bytes.ToArray();
        changed[^1] ^= 1;
        return changed;
    }

    private static void Damage(RecoveryNode node, Record damaged) => node.Medium.Records[damaged.Key.Sequence] = damaged;

    // Since when the next background syncs ask; null: since the mark, which is today's.
    private void Sinces(int count, DateTimeOffset?[] expected, bool today = false)
    {
        _sync.Plans.Clear();
        Stage.Until(() => _sync.Plans.Count == count, Minutes(40 * count));
        var asked = _sync.Plans.Select(p => p.Neighbours[0].Since);
        Assert.That(
            asked.Select(s => s > SyncMarksTime(Day(today ? 0 : -1)) ? null : (long?)s),
            Is.EqualTo(expected.Select(e => e is { } day ? SyncMarksTime(day) : (long?)null)));
    }

    private RecoveryNode Other()
    {
        var other = Node(2, knows: [1, 3]);
        other.Merge(RecoveryNode.Told(2, 50, -7));
        other.Merge(RecoveryNode.Told(3, 50, -3));
        return other;
    }

    private RecoveryNode Recover(bool tells)
    {
        Stage.Advance(TimeSpan.FromHours(2));
        _other = Other();
        var node = Node(knows: [2]);
        Stage.Run(() => node.Kernel.Peers.PutAsync(RecoveryNode.PeerOf(3) with { Addresses = [] }));
        Attach(node, tells).Begin();
        Assert.That(node.State.Phase, Is.EqualTo(RecoveryPhase.Recovered));
        Assert.That(_sync.Received, Is.EqualTo(100));
        return node;
    }

    private RecoveryNode Attach(RecoveryNode node, bool tells)
    {
        _tells = tells;
        _sync = new DirectSync { Tells = tells ? null : [] }.With(_other);
        node.Kernel.Attach((INeighbourDays)_sync, "plugin");
        return node.Attach(_sync);
    }

    private RecoveryNode Again(RecoveryNode node, byte[]? knows = null, MemoryProfile? profile = null)
    {
        var again = Restarted(node, knows: knows, profile: profile);
        return Attach(again, _tells).Begin();
    }

    private sealed class OneMore : IEventKind
    {
        public string Service => "more";

        public string Member => "more";

        public EventReading Read(ReadOnlySpan<byte> data, System.Buffers.IBufferWriter<byte> content) =>
            EventReading.Invalid("none is valid");
    }
}
