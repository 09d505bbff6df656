using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>What plugins bring for sync, and whose it is. Callable from any thread.</summary>
internal sealed class SyncPlugins
{
    private readonly Lock _lock = new();
    private volatile Snapshot _now = new([], [], []);

    /// <summary>The strategies, by rank and then by name.</summary>
    public IReadOnlyList<Owned<ISyncStrategy>> Strategies => _now.Strategies;

    /// <summary>Who can ask neighbours for their days, in the order of attaching.</summary>
    public IReadOnlyList<Owned<INeighbourDays>> Days => _now.Days;

    /// <summary>The projections, in the order of attaching.</summary>
    public IReadOnlyList<Owned<IProjection>> Projections => _now.Projections;

    /// <exception cref="InvalidOperationException">Another strategy has its name.</exception>
    public void Add(ISyncStrategy strategy, string owner)
    {
        var name = strategy.Name;
        lock (_lock)
        {
            if (_now.Strategies.FirstOrDefault(s => s.Name == name) is { } other)
                throw new InvalidOperationException(
                    $"The sync strategy '{name}' of '{owner}' is already provided by '{other.Owner}'.");
            var added = new Owned<ISyncStrategy>(strategy, owner, name, strategy.Rank);
            _now = _now with
            {
                Strategies = [.. _now.Strategies.Append(added)
                    .OrderBy(s => s.Rank).ThenBy(s => s.Name, StringComparer.Ordinal)],
            };
        }
    }

    public void Add(INeighbourDays days, string owner)
    {
        lock (_lock) _now = _now with { Days = [.. _now.Days, new(days, owner, "days", 0)] };
    }

    public void Add(IProjection projection, string owner)
    {
        lock (_lock) _now = _now with { Projections = [.. _now.Projections, new(projection, owner, "projection", 0)] };
    }

    public void Remove(string owner)
    {
        lock (_lock)
            _now = new Snapshot(
                [.. _now.Strategies.Where(s => s.Owner != owner)], [.. _now.Days.Where(d => d.Owner != owner)],
                [.. _now.Projections.Where(p => p.Owner != owner)]);
    }

    private sealed record Snapshot(
        IReadOnlyList<Owned<ISyncStrategy>> Strategies, IReadOnlyList<Owned<INeighbourDays>> Days,
        IReadOnlyList<Owned<IProjection>> Projections);
}

/// <summary>Something of a plugin.</summary>
/// <param name="It">It.</param>
/// <param name="Owner">The id of the plugin that provides it.</param>
/// <param name="Name">What it is called; constant, so it is read once.</param>
/// <param name="Rank">A strategy's rank.</param>
internal sealed record Owned<T>(T It, string Owner, string Name, int Rank) where T : class;
