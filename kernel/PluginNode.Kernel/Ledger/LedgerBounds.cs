using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>The groups that kinds bound, each in the order in which its members are forgotten. Owned by who holds the
/// index's lock.</summary>
internal sealed class LedgerBounds
{
    private readonly Dictionary<(string Service, EventBound Bound), SortedSet<LedgerEntry>> _groups = [];

    /// <summary>Adds to every group.</summary>
    public void Add(LedgerEntry entry)
    {
        foreach (var bound in entry.Bounds)
        {
            var key = (entry.Event.Service, bound);
            if (!_groups.TryGetValue(key, out var group)) _groups.Add(key, group = new(RankOrder.Instance));
            group.Add(entry);
        }
    }

    public void Remove(LedgerEntry entry)
    {
        foreach (var bound in entry.Bounds)
        {
            var key = (entry.Event.Service, bound);
            if (!_groups.TryGetValue(key, out var group)) continue;
            group.Remove(entry);
            if (group.Count == 0) _groups.Remove(key);
        }
    }

    /// <summary>Who must leave the group, where it has too many.</summary>
    public LedgerEntry? Excess(string service, EventBound bound) =>
        _groups.TryGetValue((service, bound), out var group) && group.Count > MostOf(bound) ? group.Min : null;

    /// <summary>Whether some group would not keep it: it is full, and all in it are worth more.</summary>
    public bool Refuses(LedgerEntry entry)
    {
        foreach (var bound in entry.Bounds)
            if (_groups.TryGetValue((entry.Event.Service, bound), out var group) && group.Count >= MostOf(bound)
                && RankOrder.Instance.Compare(entry, group.Min) < 0) return true;
        return false;
    }

    private static int MostOf(EventBound bound) => Math.Max(bound.Most, 1);
}
