using PluginNode.Events;

namespace PluginNode.Ledger;

/// <summary>The events of one subject and one service; either may be "all".</summary>
internal sealed class Shelf
{
    private readonly SortedRun?[] _byImportance = new SortedRun?[(int)EventImportance.Critical + 1];

    public SortedRun All { get; } = new();

    public SortedRun? Of(EventImportance importance) => _byImportance[(int)importance];

    public void Add(LedgerEntry entry)
    {
        All.Add(entry);
        (_byImportance[(int)entry.Importance] ??= new SortedRun()).Add(entry);
    }

    public void Remove(LedgerEntry entry)
    {
        All.Remove(entry);
        _byImportance[(int)entry.Importance]!.Remove(entry);
    }
}

/// <summary>
/// Every event stands on up to six shelves: all, its service, its actor, its target, and either with the service. What
/// a query picks is the union of some of them. Owned by who holds the index's lock.
/// </summary>
internal sealed class Shelves
{
    private readonly Dictionary<(string? Subject, string? Service), Shelf> _shelves = [];
    private readonly SortedSet<string> _subjects = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _services = new(StringComparer.Ordinal);

    public Shelf All { get; } = new();

    /// <summary>In ordinal order.</summary>
    public IReadOnlyCollection<string> Subjects => _subjects;

    /// <summary>All events of each service, in ordinal order; none of them is empty.</summary>
    public IEnumerable<(string Service, SortedRun All)> Services =>
        _services.Select(s => (s, _shelves[(null, s)].All));

    public void Add(LedgerEntry entry)
    {
        All.Add(entry);
        foreach (var key in KeysOf(entry))
        {
            if (!_shelves.TryGetValue(key, out var shelf))
            {
                _shelves.Add(key, shelf = new Shelf());
                if (key is (not null, null)) _subjects.Add(key.Subject);
                if (key is (null, not null)) _services.Add(key.Service);
            }
            shelf.Add(entry);
        }
    }

    public void Remove(LedgerEntry entry)
    {
        All.Remove(entry);
        foreach (var key in KeysOf(entry))
        {
            var shelf = _shelves[key];
            shelf.Remove(entry);
            if (shelf.All.Count > 0) continue;
            _shelves.Remove(key);
            if (key is (not null, null)) _subjects.Remove(key.Subject);
            if (key is (null, not null)) _services.Remove(key.Service);
        }
    }

    /// <summary>The shelves whose union the query picks from; an event may stand on two of them, its actor's and its
    /// target's.</summary>
    public IEnumerable<(string? Subject, Shelf Shelf)> Of(LedgerQuery query)
    {
        if (query.Services.Count == 0 && query.Subjects.Count == 0)
        {
            yield return (null, All);
            yield break;
        }
        var services = EachOrAll(query.Services);
        foreach (var subject in EachOrAll(query.Subjects))
        {
            if (subject is not null && !_subjects.Contains(subject)) continue;
            foreach (var service in services)
                if (_shelves.TryGetValue((subject, service), out var shelf)) yield return (subject, shelf);
        }
    }

    private static List<string?> EachOrAll(IReadOnlyList<string> names) =>
        names.Count == 0 ? [(string?)null] : [.. names.Distinct(StringComparer.Ordinal)];

    private static IEnumerable<(string? Subject, string? Service)> KeysOf(LedgerEntry entry)
    {
        var service = entry.Event.Service;
        yield return (null, service);
        if (entry.Actor.Length > 0)
        {
            yield return (entry.Actor, null);
            yield return (entry.Actor, service);
        }
        if (entry.Target.Length == 0 || entry.Target == entry.Actor) yield break;
        yield return (entry.Target, null);
        yield return (entry.Target, service);
    }
}
