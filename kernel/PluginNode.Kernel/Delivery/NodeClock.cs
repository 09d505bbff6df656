using Microsoft.Extensions.Logging;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>
/// The node's own time: what has elapsed since its store was made. Expiry and windows are counted in it, because the
/// wall clock jumps. While the node runs it follows the monotonic clock; over a stop it adds what the wall clock says
/// has passed. A wall clock that moved by more than five minutes against it, or a stop of more than that, which looks
/// the same, puts judgement on hold until a peer's signed time or the operator confirms the wall clock. A long stop is
/// counted only where the wall clock was confirmed before it as well: else it may have been wrong then.
/// </summary>
internal sealed class NodeClock(TimeProvider time, Journal journal, ILogger logger)
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MarkEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private TimeSpan _base;
    private DateTimeOffset _wallAtStart = time.GetUtcNow();
    private DateTimeOffset _believedAtStart; // what it would show without what is not confirmed
    private bool _stopUncounted;
    private bool _confirmed; // of what is believed, if anything is doubted
    private long _mark;
    private TimeSpan _lastMarked = -MarkEvery;

    /// <summary>Whether nothing may expire just now.</summary>
    public bool Held { get; private set; }

    public DateTimeOffset Wall => time.GetUtcNow();

    /// <summary>Elapsed node time in ticks. Never goes back.</summary>
    public long Now => (_base + time.GetElapsedTime(_started)).Ticks;

    /// <summary>Goes on from the last mark. Called once, before anything else.</summary>
    public void Restore(long sequence, ClockMark mark)
    {
        _mark = sequence;
        var marked = DateTimeOffset.FromUnixTimeMilliseconds(mark.WallMs);
        var stopped = _wallAtStart - marked;
        _base = TimeSpan.FromTicks(mark.Elapsed);
        _confirmed = mark.Confirmed;
        if (stopped.Duration() > Step)
        {
            _stopUncounted = true;
            Hold(stopped, marked);
        }
        else if (stopped > TimeSpan.Zero) _base += stopped;
    }

    /// <summary>Looks for a step of the wall clock, and writes a mark now and then. Called every few seconds.</summary>
    public async Task TickAsync()
    {
        lock (_lock)
        {
            var elapsed = LookForStep();
            if (elapsed - _lastMarked < MarkEvery) return;
            _lastMarked = elapsed;
        }
        await MarkAsync();
    }

    /// <summary>Writes how far node time has come, and when that was: by what the wall clock would show if it had not
    /// moved, while that is not confirmed. Else the next start would take the way back for a stop.</summary>
    /// <exception cref="StoreException">The store failed; the older mark stays.</exception>
    public async Task MarkAsync()
    {
        var mark = new ClockMark { Elapsed = Now };
        lock (_lock)
        {
            var elapsed = LookForStep();
            mark.Confirmed = _confirmed;
            mark.WallMs = (Held ? _believedAtStart + elapsed : Wall).ToUnixTimeMilliseconds();
        }
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
            var elapsed = LookForStep();
            if ((wall - Wall).Duration() > Step) return;
            // By the clock as it is confirmed now, whatever it showed at the start.
            _wallAtStart = Wall - elapsed;
            var stopped = _wallAtStart - _believedAtStart;
            if (_stopUncounted && _confirmed && stopped > TimeSpan.Zero) _base += stopped;
            _stopUncounted = false;
            _confirmed = true;
            if (!Held) return;
            Held = false;
        }
        LogMessages.ClockConfirmed(logger);
    }

    private TimeSpan LookForStep()
    {
        var elapsed = time.GetElapsedTime(_started);
        var step = Wall - (_wallAtStart + elapsed);
        if (step.Duration() > Step)
        {
            Hold(step, _wallAtStart);
            _wallAtStart += step;
        }
        return elapsed;
    }

    private void Hold(TimeSpan step, DateTimeOffset believedAtStart)
    {
        if (!Held) _believedAtStart = believedAtStart;
        Held = true;
        LogMessages.ClockStepped(logger, step);
    }
}
