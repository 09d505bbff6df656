namespace PluginNode.Recovery;

/// <summary>What recovery and background sync are configured with: the section <c>sync</c>, already checked.</summary>
public sealed record SyncOptions
{
    /// <summary>The strategies by name, in the order in which they are tried. Null: all that are attached, by rank. Empty:
    /// there is no recovery and no background sync. Default: null.</summary>
    public IReadOnlyList<string>? Chain { get; init; }

    /// <summary>How often what is new is asked for; more than 0. Each time up to a sixth of it is added or taken off.
    /// Default 30 minutes.</summary>
    public TimeSpan Background { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>What is taken off the time at which a neighbour was read, when it is asked for what is new: what others
    /// told it late in the meantime, twice, and ten minutes for clocks.</summary>
    public TimeSpan Overlap => (2 * Background) + TimeSpan.FromMinutes(10);
}
