using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>How many events were kept out since the start, by who handed them over and why. Callable from any
/// thread.</summary>
public sealed class IntakeCounters
{
    private const int MostNeighbours = 1_000;
    private const string Others = "(others)";

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, SortedDictionary<EventVerdict, long>> _rejected =
        new(StringComparer.Ordinal);

    /// <summary>As they stand: neighbour → reason → how many. Beyond 1 000 neighbours they are counted
    /// together.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<EventVerdict, long>> Rejected
    {
        get
        {
            lock (_lock)
                return _rejected.ToDictionary(
                    n => n.Key,
                    n => (IReadOnlyDictionary<EventVerdict, long>)new Dictionary<EventVerdict, long>(n.Value),
                    StringComparer.Ordinal);
        }
    }

    /// <summary>All of them.</summary>
    public long Total
    {
        get
        {
            lock (_lock) return _rejected.Values.Sum(r => r.Values.Sum());
        }
    }

    internal void Count(string neighbour, EventVerdict verdict)
    {
        lock (_lock)
        {
            if (!_rejected.ContainsKey(neighbour) && _rejected.Count >= MostNeighbours) neighbour = Others;
            if (!_rejected.TryGetValue(neighbour, out var reasons)) _rejected.Add(neighbour, reasons = []);
            reasons[verdict] = reasons.GetValueOrDefault(verdict) + 1;
        }
    }
}
