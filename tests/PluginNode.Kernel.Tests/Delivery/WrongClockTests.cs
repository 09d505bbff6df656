using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Conformance.Fakes;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Delivery;

/// <summary>Node time is what has really passed, whatever is done to the wall clock and whenever the node
/// ends.</summary>
[TestFixture]
public sealed class WrongClockTests
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private ManualTimeProvider _time = null!;
    private ListMedium _medium = null!;
    private NodeIdentity _identity = null!;
    private DateTimeOffset _right; // what the wall clock would show if nobody had set it

    [SetUp]
    public void SetUp()
    {
        (_time, _medium, _identity) = (new ManualTimeProvider(), new ListMedium(), TestNode.IdentityOf(1));
        _right = _time.GetUtcNow();
    }

    [TearDown]
    public void TearDown() => _identity.Dispose();

    [Test]
    public async Task WallClockIsSetWhileItRuns_NodeTimeGoesOnAsBefore()
    {
        var clock = await StartAsync();
        foreach (var ahead in (TimeSpan[])[Month, -Month, TimeSpan.Zero])
        {
            SetAhead(ahead);
            await PassAsync(clock, 2);
            Assert.That(clock.Held);
        }
        clock.Confirm(_right);
        Assert.That(clock.Held, Is.False);
        AssertMinutes(clock, 6);
    }

    [TestCase(30), TestCase(-30)]
    public async Task KilledWhileTheWallClockIsWrong_AndStartedWhenItIsRight_CountsWhatPassed(int days)
    {
        var clock = await StartAsync();
        await PassAsync(clock, 2);
        SetAhead(TimeSpan.FromDays(days));
        await PassAsync(clock, 3);
        SetAhead(TimeSpan.Zero);

        clock = await StartAsync();
        clock.Confirm(_right);
        AssertMinutes(clock, 5);
    }

    [TestCase(30), TestCase(-30)]
    public async Task StartedWhileTheWallClockIsWrong_AndItIsSetRight_CountsWhatPassed(int days)
    {
        await PassAsync(await StartAsync(), 2);
        SetAhead(TimeSpan.FromDays(days));
        var clock = await StartAsync();
        await PassAsync(clock, 3);
        Assert.That(clock.Held);
        SetAhead(TimeSpan.Zero);
        await PassAsync(clock, 1);
        clock.Confirm(_right);
        AssertMinutes(clock, 6);
    }

    [Test]
    public async Task StoppedForLong_IsCountedWhenItIsConfirmed_AlsoByALaterStart()
    {
        var clock = await StartAsync();
        clock.Confirm(_right);
        await PassAsync(clock, 2);
        Pass(Month);
        clock = await StartAsync();
        await PassAsync(clock, 3);
        AssertMinutes(clock, 5);
        clock = await StartAsync();
        Assert.That(clock.Held);
        clock.Confirm(_right);
        AssertMinutes(clock, 5 + Month.TotalMinutes);
    }

    [Test]
    public async Task WallClockWasWrongFromTheBeginning_AndIsRightAtTheNextStart_IsNoStop()
    {
        SetAhead(-Month);
        var clock = await StartAsync();
        clock.Confirm(_right);
        await PassAsync(clock, 2);
        SetAhead(TimeSpan.Zero);
        clock = await StartAsync();
        Assert.That(clock.Held);
        clock.Confirm(_right);
        Assert.That(clock.Held, Is.False);
        AssertMinutes(clock, 2);
    }

    [Test]
    public async Task ConfirmedAndThenSetWrong_TheNextStartStillKnowsTheConfirmedOne()
    {
        var clock = await StartAsync();
        clock.Confirm(_right);
        SetAhead(-Month);
        await PassAsync(clock, 2);
        SetAhead(TimeSpan.Zero);
        Pass(Month);
        clock = await StartAsync();
        clock.Confirm(_right);
        AssertMinutes(clock, 2 + Month.TotalMinutes);
    }

    [Test]
    public async Task WallClockIsSet_RightBeforeTheMarkOfTheStop_TheNextStartCountsWhatPassed()
    {
        var clock = await StartAsync();
        await PassAsync(clock, 2);
        SetAhead(-Month);
        await clock.MarkAsync();
        SetAhead(TimeSpan.Zero);
        clock = await StartAsync();
        clock.Confirm(_right);
        AssertMinutes(clock, 2);
    }

    private static void AssertMinutes(NodeClock clock, double minutes) =>
        Assert.That(TimeSpan.FromTicks(clock.Now).TotalMinutes, Is.EqualTo(minutes).Within(0.01));

    private void SetAhead(TimeSpan by) => _time.SetUtcNow(_right + by);

    private void Pass(TimeSpan by)
    {
        _time.Advance(by);
        _right += by;
    }

    private async Task PassAsync(NodeClock clock, int minutes)
    {
        for (var i = 0; i < minutes; i++)
        {
            Pass(Minute);
            await clock.TickAsync();
        }
    }

    /// <summary>As after a kill: with what the store has.</summary>
    private async Task<NodeClock> StartAsync()
    {
        var sealer = new RecordSealer(_identity, [], new SystemChance(_time));
        var journal = new Journal(new ListStore(_medium), sealer, _time, _medium.LastSequence, NullLogger.Instance);
        var clock = new NodeClock(_time, journal, NullLogger.Instance);
        var content = await StoreContent.ReadAsync(journal, CancellationToken.None);
        foreach (var (sequence, mark) in content.Clock) clock.Restore(sequence, mark);
        return clock;
    }
}
