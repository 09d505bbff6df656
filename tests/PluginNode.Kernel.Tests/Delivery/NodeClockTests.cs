using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Delivery;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Kernel.Tests.Delivery;

[TestFixture]
public sealed class NodeClockTests
{
    private static readonly DateTimeOffset Stopped = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Before = TimeSpan.FromHours(1);
    private static readonly TimeSpan Stop = TimeSpan.FromHours(2);
    private static readonly TimeSpan Since = TimeSpan.FromSeconds(10);

    // The wall clock was right when it was written, and somebody else had said so.
    private static readonly ClockMark Mark =
        new() { Elapsed = Before.Ticks, WallMs = Stopped.ToUnixTimeMilliseconds(), Confirmed = true };

    [Test]
    public async Task Restore_ClockWrongAtTheStartAndSetLater_CountsTheStopOnce(
        [Values(-20_000, -1, 1, 3_650)] int daysWrong, [Values] bool stepIsSeenBeforeItIsConfirmed)
    {
        var time = new SetClock { Wall = Stopped + Stop + TimeSpan.FromDays(daysWrong) };
        var clock = NewClock(time);

        clock.Restore(1, Mark);
        Assert.That(clock.Held, "nobody has confirmed this clock");
        time.Elapsed = Since;
        time.Wall = Stopped + Stop + Since;
        if (stepIsSeenBeforeItIsConfirmed) await clock.TickAsync();
        clock.Confirm(time.Wall);

        Assert.That(clock.Held, Is.False);
        Assert.That(TimeSpan.FromTicks(clock.Now), Is.EqualTo(Before + Stop + Since));
    }

    [Test]
    public void Confirm_ClockRightFromTheStart_CountsTheStop()
    {
        var time = new SetClock { Wall = Stopped + Stop };
        var clock = NewClock(time);

        clock.Restore(1, Mark);
        time.Elapsed = Since;
        time.Wall += Since;
        clock.Confirm(time.Wall);

        Assert.That(TimeSpan.FromTicks(clock.Now), Is.EqualTo(Before + Stop + Since));
    }

    [Test]
    public async Task Confirm_ClockSetWhileTheNodeRuns_AddsNothing()
    {
        var time = new SetClock { Wall = Stopped };
        var clock = NewClock(time);

        time.Elapsed = Since;
        time.Wall += TimeSpan.FromDays(400);
        await clock.TickAsync();
        Assert.That(clock.Held);
        clock.Confirm(time.Wall);

        Assert.That(TimeSpan.FromTicks(clock.Now), Is.EqualTo(Since));
    }

    private static NodeClock NewClock(TimeProvider time)
    {
        var chance = new PluginNode.Conformance.Fakes.SeededChance(1);
        var sealer = new RecordSealer(TestNode.IdentityOf(1), [], chance);
        var journal = new Journal(new ListStore(new ListMedium()), sealer, time, 1, NullLogger.Instance);
        return new NodeClock(time, journal, NullLogger.Instance);
    }

    /// <summary>A wall clock and a steady one that are set apart from each other.</summary>
    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Wall { get; set; }
        public TimeSpan Elapsed { get; set; }
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override DateTimeOffset GetUtcNow() => Wall;
        public override long GetTimestamp() => Elapsed.Ticks;
    }
}
