using Microsoft.Extensions.Logging;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>
/// The node's own time: what has elapsed since its store was made. Expiry and windows are counted in it, because the
/// wall clock jumps. While the node runs it follows the monotonic clock; over a stop it adds what the wall clock says
/// has passed. A wall clock that moved by more than five minutes against it, or a stop of more than that, which looks
/// the same, puts judgement on hold until a peer's signed time or the operator confirms the wall clock.
/// </summary>
internal sealed class NodeClock(TimeProvider time, Journal journal, ILogger logger)
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MarkEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private TimeSpan _base;
    private DateTimeOffset _wallAtStart = time.GetUtcNow();
    private long _mark;
    private TimeSpan _lastMarked = -MarkEvery;
    private TimeSpan? _unconfirmed; // how long the stop was, by a wall clock that nobody has confirmed yet

    /// <summary>Whether nothing may expire just now.</summary>
    public bool Held { get; private set; }

    public DateTimeOffset Wall => time.GetUtcNow();

    /// <summary>Elapsed node time in ticks. Never goes back.</summary>
    public long Now => (_base + time.GetElapsedTime(_started)).Ticks;

    /// <summary>Goes on from the last mark. Called once, before anything else.</summary>
    public void Restore(long sequence, ClockMark mark)
    {
        _mark = sequence;
        var stopped = _wallAtStart - DateTimeOffset.FromUnixTimeMilliseconds(mark.WallMs);
        _base = TimeSpan.FromTicks(mark.Elapsed);
        if (stopped > TimeSpan.Zero && stopped <= Step) _base += stopped;
        else if (stopped.Duration() > Step)
        {
            _unconfirmed = stopped;
            Hold(stopped);
        }
    }

    /// <summary>Looks for a step of the wall clock, and writes a mark now and then. Called every few seconds.</summary>
    public async Task TickAsync()
    {
        var elapsed = time.GetElapsedTime(_started);
        lock (_lock)
        {
            var step = Stepped();
            if (step.Duration() > Step)
            {
                Follow(step);
                Hold(step);
            }
            if (elapsed - _lastMarked < MarkEvery) return;
            _lastMarked = elapsed;
        }
        await MarkAsync();
    }

    /// <summary>Writes how far node time has come.</summary>
    /// <exception cref="StoreException">The store failed; the older mark stays.</exception>
    public async Task MarkAsync()
    {
        var mark = new ClockMark { Elapsed = Now, WallMs = Wall.ToUnixTimeMilliseconds() };
        var sequence = journal.NextSequence();
        await journal.CommitAsync(
            [new Entry(Collection.Clock, Guid.Empty, sequence, mark)], _mark == 0 ? [] : [_mark]);
        _mark = sequence;
    }

    /// <summary>A second opinion: a peer's signed time, or the operator's word that the wall clock is right.</summary>
    public void Confirm(DateTimeOffset wall)
    {
        lock (_lock)
        {
            if (!Held || (wall - Wall).Duration() > Step) return;
            Held = false;
            Follow(Stepped());
            if (_unconfirmed > TimeSpan.Zero) _base += _unconfirmed.Value;
            _unconfirmed = null;
        }
        LogMessages.ClockConfirmed(logger);
    }

    /// <summary>How far the wall clock was set since it was last looked at.</summary>
    private TimeSpan Stepped() => Wall - (_wallAtStart + time.GetElapsedTime(_started));

    /// <summary>A clock that was wrong at the start, and is right now, told a wrong length of the stop.</summary>
    private void Follow(TimeSpan step)
    {
        _wallAtStart += step;
        _unconfirmed += step;
    }

    private void Hold(TimeSpan step)
    {
        Held = true;
        LogMessages.ClockStepped(logger, step);
    }
}
