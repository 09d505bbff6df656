using PluginNode.Conformance.Fakes;

namespace PluginNode.Conformance.Tests;

[TestFixture]
public sealed class ManualTimeProviderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private ManualTimeProvider _clock = null!;
    private List<string> _fired = null!;

    [SetUp]
    public void SetUp() => (_clock, _fired) = (new ManualTimeProvider(), []);

    [Test]
    public void Advance_ByNothingOrMore_MovesBothClocks()
    {
        var (stamp, wall) = (_clock.GetTimestamp(), _clock.GetUtcNow());
        _clock.Advance(TimeSpan.Zero);
        _clock.Advance(90 * Second);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_clock.GetElapsedTime(stamp), Is.EqualTo(90 * Second));
            Assert.That(_clock.GetUtcNow() - wall, Is.EqualTo(90 * Second));
        }
    }

    [Test]
    public void Advance_Backwards_IsTheCallersBug() =>
        Assert.That(() => _clock.Advance(-Second), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void SetUtcNow_MovesTheWallClockOnly()
    {
        var stamp = _clock.GetTimestamp();
        using var timer = After("a", Second);
        var wall = new DateTimeOffset(2031, 5, 4, 3, 2, 1, TimeSpan.Zero);
        _clock.SetUtcNow(wall);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_clock.GetUtcNow(), Is.EqualTo(wall));
            Assert.That(_clock.GetTimestamp(), Is.EqualTo(stamp));
            Assert.That(_fired, Is.Empty);
        }
        _clock.Advance(Second);
        Assert.That(_clock.GetUtcNow(), Is.EqualTo(wall + Second));
    }

    [Test]
    public void Timers_FireInTheOrderInWhichTheyAreDue_ThoseOfOneTimeAsTheyWereSet()
    {
        using var late = After("late", 3 * Second);
        using var first = After("first", Second);
        using var second = After("second", Second);
        using var never = After("never", Timeout.InfiniteTimeSpan);
        using var beyond = After("beyond", 5 * Second);
        _clock.Advance(4 * Second);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_fired, Is.EqualTo(["first at 1", "second at 1", "late at 3"]));
            Assert.That(_clock.Timers, Is.EqualTo(1));
            Assert.That(_clock.UntilNext, Is.EqualTo(Second));
        }
    }

    [Test]
    public void Timer_WithAPeriod_FiresForEachOne()
    {
        using var timer = _clock.CreateTimer(_ => Note("p"), null, Second, 2 * Second);
        _clock.Advance(6 * Second);
        Assert.That(_fired, Is.EqualTo(["p at 1", "p at 3", "p at 5"]));
    }

    [Test]
    public void Timer_SetByATimer_FiresWithinTheSameAdvance()
    {
        ITimer? inner = null;
        using var outer = _clock.CreateTimer(
            _ => inner = After("inner", Second), null, Second, Timeout.InfiniteTimeSpan);
        _clock.Advance(2 * Second);
        inner?.Dispose();
        Assert.That(_fired, Is.EqualTo(["inner at 2"]));
    }

    [Test]
    public void Timer_Changed_FiresAtTheNewTimeOnly()
    {
        using var timer = After("a", Second);
        timer.Change(3 * Second, Timeout.InfiniteTimeSpan);
        _clock.Advance(9 * Second);
        Assert.That(_fired, Is.EqualTo(["a at 3"]));
    }

    [Test]
    public void Timer_Disposed_NeverFiresNorChanges()
    {
        var timer = After("a", Second);
        timer.Dispose();
        var changed = timer.Change(Second, Second);
        _clock.Advance(9 * Second);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(changed, Is.False);
            Assert.That(_fired, Is.Empty);
            Assert.That(_clock.UntilNext, Is.Null);
        }
    }

    [Test]
    public void Callback_RunsInTheThreadOfTheCaller()
    {
        var thread = 0;
        using var timer = _clock.CreateTimer(
            _ => thread = Environment.CurrentManagedThreadId, null, Second, Timeout.InfiniteTimeSpan);
        _clock.Advance(Second);
        Assert.That(thread, Is.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public async Task Delay_AndTimeouts_FollowTheClock()
    {
        var delay = Task.Delay(Second, _clock);
        using var timeout = new CancellationTokenSource(2 * Second, _clock);
        Assert.That((delay.IsCompleted, timeout.IsCancellationRequested), Is.EqualTo((false, false)));
        _clock.Advance(Second);
        await delay;
        Assert.That(timeout.IsCancellationRequested, Is.False);
        _clock.Advance(Second);
        Assert.That(timeout.IsCancellationRequested, Is.True);
    }

    private ITimer After(string name, TimeSpan due) =>
        _clock.CreateTimer(_ => Note(name), null, due, Timeout.InfiniteTimeSpan);

    private void Note(string name) => _fired.Add($"{name} at {_clock.GetElapsedTime(0).TotalSeconds}");
}
