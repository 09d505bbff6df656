using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>An event whose emitter's key is not known yet, and who told it.</summary>
internal sealed record PendingEvent(Event Event, string Neighbour);

/// <summary>Bounds of what waits for keys.</summary>
/// <param name="Events">Most events.</param>
/// <param name="Bytes">Most bytes of them, roughly.</param>
/// <param name="EventsOfOne">Most events of one emitter.</param>
internal sealed record PendingLimits(int Events = 10_000, long Bytes = 8 << 20, int EventsOfOne = 500);

/// <summary>
/// Events that wait, outside of the ledger, until the key of their emitter is known. When there is no room the oldest
/// give way: they are told again. An id is no reason to keep one out: without a key nobody can say which of two copies
/// is true. Callable from any thread.
/// </summary>
internal sealed class PendingEvents(PendingLimits limits)
{
    private const int Overhead = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<Waiting>> _byEmitter = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiting> _oldestFirst = [];
    private long _bytes, _dropped;

    private sealed class Waiting(string emitter, PendingEvent pending)
    {
        public string Emitter => emitter;

        public PendingEvent Pending => pending;

        public LinkedListNode<Waiting>? Node { get; set; }

        public int Bytes { get; } =
            pending.Event.Data.Length + pending.Event.Signature.Length + (2 * emitter.Length) + Overhead;
    }

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _oldestFirst.Count;
        }
    }

    /// <summary>Bytes of them, roughly.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _bytes;
        }
    }

    /// <summary>Whose keys are waited for.</summary>
    public IReadOnlyList<string> Emitters
    {
        get
        {
            lock (_lock) return [.. _byEmitter.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>How many gave way to others, since the start.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Lets one wait.</summary>
    /// <param name="emitter">For whose key; empty: for those of voters.</param>
    /// <param name="pending">It.</param>
    /// <returns>False where the very same waits already.</returns>
    public bool Add(string emitter, PendingEvent pending)
    {
        lock (_lock)
        {
            if (!_byEmitter.TryGetValue(emitter, out var same)) _byEmitter.Add(emitter, same = []);
            if (same.Exists(w => IsSame(w.Pending.Event, pending.Event))) return false;
            var waiting = new Waiting(emitter, pending);
            same.Add(waiting);
            waiting.Node = _oldestFirst.AddLast(waiting);
            _bytes += waiting.Bytes;
            if (same.Count > limits.EventsOfOne) Drop(same[0]);
            while (_oldestFirst.Count > limits.Events || (_bytes > limits.Bytes && _oldestFirst.Count > 1))
                Drop(_oldestFirst.First!.Value);
            return true;
        }
    }

    /// <summary>Takes out those that wait for this key.</summary>
    public List<PendingEvent> Take(string emitter)
    {
        lock (_lock)
        {
            if (!_byEmitter.Remove(emitter, out var waiting)) return [];
            foreach (var one in waiting) Forget(one);
            return waiting.ConvertAll(w => w.Pending);
        }
    }

    private static bool IsSame(Event one, Event other) =>
        one.Id == other.Id && one.Signature.Span.SequenceEqual(other.Signature.Span)
        && one.Data.Span.SequenceEqual(other.Data.Span);

    private void Drop(Waiting waiting)
    {
        Interlocked.Increment(ref _dropped);
        var same = _byEmitter[waiting.Emitter];
        same.Remove(waiting);
        if (same.Count == 0) _byEmitter.Remove(waiting.Emitter);
        Forget(waiting);
    }

    private void Forget(Waiting waiting)
    {
        _oldestFirst.Remove(waiting.Node!);
        _bytes -= waiting.Bytes;
    }
}
