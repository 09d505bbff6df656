using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Delivery;

/// <summary>
/// Sends what waits for one peer. Reachability, backoff and the one probe belong to the peer: while it is down, one
/// frame of one lane is tried at a time, however much waits. While it is up, windows take turns among its lanes.
/// <code>
/// up ──no verdict at all──► down ──probe, alone, after the backoff──► down, or up: every lane goes on
///                             ▲ a wake (something authenticated arrived) brings the probe forward
/// </code>
/// Owned by the delivery loop.
/// </summary>
internal sealed class PeerPump(PeerId peer, PumpContext context) : IDisposable
{
    private const int WindowFrames = 1024;
    private const long WindowBytes = 1 << 20;
    private const int WindowsInFlight = 2;

    // Each takes a stream of its own, of which programs with other protocols take few at a time.
    private const int WindowRaw = 8;
    private static readonly TimeSpan MostAsked = TimeSpan.FromHours(1);
    private static readonly long ProbeGap = TimeSpan.FromMilliseconds(200).Ticks;

    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<Lane> _ready = new();
    private readonly PriorityQueue<Lane, long> _delayed = new();
    private readonly List<Message> _scheduled = [];
    private readonly Backoff _backoff = context.NewBackoff();
    private readonly Backoff _laneBackoff = context.NewBackoff();
    private ITimer? _timer;
    private int _windows;
    private int _scheduledMost = 64;
    private bool _down;
    private bool _reported;
    private bool _heard;
    private long _nextProbe;
    private long _lastProbe = -ProbeGap;

    /// <summary>When the next attempt comes by itself, in node time; 0: at once or under way.</summary>
    public long NextAttempt(Message message) => Math.Max(_down ? _nextProbe : 0, message.NotBefore);

    public IEnumerable<Message> Waiting => _lanes.Values.SelectMany(l => l.Waiting);

    public void Add(Message message)
    {
        if (!_lanes.TryGetValue(message.Key, out var lane)) _lanes.Add(message.Key, lane = new Lane(message.Key));
        lane.Add(message);
        if (message.Level.Retries is not null) Schedule(message);
        if (lane.IsFree) Queue(lane);
    }

    /// <summary>Nothing more of a lane is sent until <see cref="ReleaseLane"/>: how a message of it ended is being
    /// written.</summary>
    public void HoldLane(string key) => _lanes[key].Endings++;

    /// <summary>One end is on stable storage. The pump is to be looked at after this.</summary>
    public void ReleaseLane(string key)
    {
        var lane = _lanes[key];
        lane.Endings--;
        if (!lane.IsFree) return;
        if (lane.IsEmpty) _lanes.Remove(key);
        else Queue(lane);
    }

    /// <summary>Sends whatever may be sent now. Called after each round of the loop for pumps that changed.</summary>
    public void Pump()
    {
        if (context.Stopping || context.Peers.Find(peer) is not { Paused: false } to) return;
        var now = context.Clock.Now;
        var isRaw = _ready.Count + _delayed.Count > 0 ? context.RawOf(to) : null;
        while (_delayed.TryPeek(out var lane, out var due) && due <= now) _ready.Enqueue(_delayed.Dequeue());
        if (_down)
        {
            if (_windows == 0 && now >= _nextProbe && TakeProbe(now, isRaw) is { } probe) Send(to, probe);
        }
        else
        {
            while (_windows < WindowsInFlight && TakeWindow(now, isRaw) is { Count: > 0 } window) Send(to, window);
        }
        SetTimer(now);
    }

    /// <summary>Something authenticated arrived, or the operator asks: what waits is tried at once.</summary>
    public void Wake()
    {
        _heard = true;
        if (!_down || _windows > 0) return;
        _nextProbe = Math.Min(_nextProbe, _lastProbe + ProbeGap);
        foreach (var message in _scheduled) message.NotBefore = 0;
        ReleaseDelayed();
    }

    /// <summary>The operator asks for one message: its lane and its peer are not waited for.</summary>
    public void RetryNow(Message message)
    {
        foreach (var waiting in Waiting.Where(m => m.Key == message.Key)) waiting.NotBefore = 0;
        ReleaseDelayed();
        Wake();
    }

    public void Dispose() => _timer?.Dispose();

    private List<Message>? TakeProbe(long now, Predicate<string>? isRaw) =>
        NextDue(now)?.Take(1, WindowBytes, now, isRaw);

    /// <summary>The next lane with a message that may be tried; empty lanes leave the pump on the way, and those whose
    /// head has a schedule wait for its time, so that nothing is tried early or uncounted.</summary>
    private Lane? NextDue(long now)
    {
        while (_ready.TryDequeue(out var lane))
        {
            if (Drop(lane) || lane.Endings > 0) continue; // what is held comes back when it is released
            if (lane.Head!.NotBefore <= now) return lane;
            Delay(lane, lane.Head.NotBefore);
        }
        return null;
    }

    private List<Message> TakeWindow(long now, Predicate<string>? isRaw)
    {
        // Half of the lanes at most, so that two windows can be on their way side by side.
        var lanes = _windows == 0 && _ready.Count > 1 ? (_ready.Count + 1) / 2 : _ready.Count;
        var quota = Math.Max(1, WindowFrames / Math.Max(1, lanes));
        var window = new List<Message>();
        var (bytes, raw) = (WindowBytes, 0);
        for (; lanes > 0 && window.Count < WindowFrames && bytes > 0 && NextDue(now) is { } lane; lanes--)
        {
            if (isRaw?.Invoke(lane.Head!.Protocol) == true && raw++ >= WindowRaw)
            {
                Queue(lane);
                continue;
            }
            var taken = lane.Take(Math.Min(quota, WindowFrames - window.Count), bytes, now, isRaw);
            foreach (var message in taken) bytes -= message.PayloadBytes;
            window.AddRange(taken);
        }
        return window;
    }

    private void Schedule(Message message)
    {
        if (_scheduled.Count >= _scheduledMost) // what was delivered meanwhile is still in the list
        {
            _scheduled.RemoveAll(m => !m.Live);
            _scheduledMost = Math.Max(64, 2 * _scheduled.Count);
        }
        _scheduled.Add(message);
    }

    private void Queue(Lane lane)
    {
        lane.Queued = true;
        _ready.Enqueue(lane);
    }

    private void Delay(Lane lane, long until)
    {
        lane.Queued = true;
        _delayed.Enqueue(lane, until);
    }

    /// <summary>Takes a lane that was just dequeued out of the pump when nothing waits in it.</summary>
    private bool Drop(Lane lane)
    {
        lane.Queued = false;
        if (!lane.IsEmpty) return false;
        if (lane.Endings == 0) _lanes.Remove(lane.Key);
        return true;
    }

    private void Send(Peer to, List<Message> window)
    {
        _windows++;
        _heard = false;
        _lastProbe = context.Clock.Now;
        context.Send(to, window, result => Completed(window, result));
    }

    private void Completed(List<Message> window, WindowResult result)
    {
        _windows--;
        var progress = result.Route.Outcomes.Values.Any(o => o.Status != SendStatus.Retry);
        var now = context.Clock.Now;
        foreach (var lane in window.GroupBy(m => m.Key, StringComparer.Ordinal))
            Settle(_lanes[lane.Key], lane, result, progress, now);
        if (progress) GoUp();
        else if (result.Damaged.Count < window.Count) GoDown(result.Route, now);
        Pump();
    }

    private void Settle(Lane lane, IEnumerable<Message> sent, WindowResult result, bool progress, long now)
    {
        lane.InFlight = false;
        SendOutcome? held = null;
        var moved = false; // the lane has another head now
        foreach (var message in sent)
        {
            var outcome = result.Route.Outcomes.GetValueOrDefault(
                message.Id, new SendOutcome(message.Id, SendStatus.Retry, result.Route.Reason));
            if (result.Damaged.Contains(message.Id)) context.Damaged(message);
            else if (!context.Settle(message, outcome, result.Route.Address, first: held is null)) held ??= outcome;
            else moved |= held is null;
        }
        if (lane.IsEmpty) Drop(lane);
        else if (held is { } retry && progress && (!moved || retry.RetryAfter is not null)) Hold(lane, retry, now);
        else
        {
            if (progress) lane.Refusals = 0;
            if (lane.IsFree) Queue(lane);
        }
    }

    /// <summary>The peer is there but does not take this lane now.</summary>
    private void Hold(Lane lane, SendOutcome outcome, long now)
    {
        if (lane.Refusals++ == 0) _laneBackoff.Reset();
        var wait = outcome.RetryAfter is { } asked ? Within(asked) : _laneBackoff.Next();
        var head = lane.Head!;
        if (context.CountFailure(head)) // its schedule is used up: it is a dead letter now
        {
            if (Drop(lane)) return;
            head = lane.Head!;
        }
        Delay(lane, Math.Max(now + wait.Ticks, head.NotBefore));
    }

    private void GoUp()
    {
        if (_reported) context.ReportUp(peer);
        _reported = false;
        _backoff.Reset();
        if (!_down) return;
        _down = false;
        foreach (var message in _scheduled) message.NotBefore = 0;
        ReleaseDelayed();
    }

    private void GoDown(RouteResult route, long now)
    {
        if (!_reported) context.ReportDown(peer, route.Reason);
        _reported = _down = true;
        _scheduled.RemoveAll(m => !m.Live);
        foreach (var message in _scheduled.Where(m => m.NotBefore <= now && m.State == MessageState.Waiting))
            context.CountFailure(message);
        _scheduled.RemoveAll(m => !m.Live);

        // Heard from while the attempt got no answer: it is there by now, so the wait does not grow. An answer that
        // says "retry" is no such news.
        if (_heard && route.Outcomes.Count == 0) _backoff.Reset();
        var wait = _backoff.Next();
        foreach (var outcome in route.Outcomes.Values)
            if (outcome.RetryAfter > wait) wait = Within(outcome.RetryAfter.Value);
        _nextProbe = now + wait.Ticks;
    }

    /// <summary>A peer that asks for patience gets an hour at a time.</summary>
    private static TimeSpan Within(TimeSpan asked) => asked < MostAsked ? asked : MostAsked;

    private void ReleaseDelayed()
    {
        while (_delayed.TryDequeue(out var lane, out _)) _ready.Enqueue(lane);
    }

    private void SetTimer(long now)
    {
        _timer?.Dispose();
        _timer = null;
        if (_windows > 0 && (_down || _delayed.Count == 0)) return;
        if (_ready.Count + _delayed.Count == 0) return; // what there is, is held
        var due = _delayed.TryPeek(out _, out var next) ? next : 0;
        if (_down) due = _ready.Count > 0 ? _nextProbe : Math.Max(_nextProbe, due);
        if (due == 0 || _lanes.Count == 0 || (_windows >= WindowsInFlight && due <= now)) return;
        var wait = TimeSpan.FromTicks(Math.Max(due - now, TimeSpan.TicksPerMillisecond));
        _timer = context.Timer(() => Pump(), wait);
    }
}
