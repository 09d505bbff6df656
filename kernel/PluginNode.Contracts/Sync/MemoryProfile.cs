namespace PluginNode.Sync;

/// <summary>How much a node remembers and asks for: the key <c>node.memory</c>.</summary>
public sealed record MemoryProfile
{
    private const long Megabyte = 1L << 20;

    private MemoryProfile(string name, int budgetMegabytes, int events) =>
        (Name, BudgetBytes, Events) = (name, budgetMegabytes * Megabyte, events);

    /// <summary><c>short</c>: 256 MB and 20 000 events.</summary>
    public static MemoryProfile Short { get; } = new("short", 256, 20_000)
    {
        BootEvents = 5_000, PageEvents = 1_000, CallsAtOnce = 3, DirectNeighbours = 4, BrokeredNeighbours = 2,
        SyncsInBackground = false,
    };

    /// <summary><c>medium</c>: 512 MB and 80 000 events.</summary>
    public static MemoryProfile Medium { get; } = new("medium", 512, 80_000) { BootEvents = 50_000 };

    /// <summary><c>hog</c>: 2 048 MB and 320 000 events.</summary>
    public static MemoryProfile Hog { get; } = new("hog", 2_048, 320_000) { BootEvents = 80_000 };

    /// <summary>Its name in the configuration.</summary>
    public string Name { get; }

    /// <summary>Memory that the node is meant to stay within, in bytes.</summary>
    public long BudgetBytes { get; }

    /// <summary>Most events of the ledger.</summary>
    public int Events { get; init; }

    /// <summary>How many events are sampled at start.</summary>
    public int BootEvents { get; private init; }

    /// <summary>Most events of one call. Default 5 000.</summary>
    public int PageEvents { get; private init; } = 5_000;

    /// <summary>Most calls under way at once. Default 10.</summary>
    public int CallsAtOnce { get; private init; } = 10;

    /// <summary>Most neighbours that are asked by a strategy that talks to them directly; null: all. Default:
    /// all.</summary>
    public int? DirectNeighbours { get; private init; }

    /// <summary>Most neighbours that are asked by a strategy that reaches them through a third party, such as a broker.
    /// Default 5.</summary>
    public int BrokeredNeighbours { get; private init; } = 5;

    /// <summary>Whether it syncs in the background for more than to end an interrupted recovery. Default
    /// true.</summary>
    public bool SyncsInBackground { get; private init; } = true;

    /// <summary>How many events the legacy strategy asks for, in every profile.</summary>
    public static int LegacyEvents => 50_000;

    /// <summary>The profile of a name; null where there is none of it.</summary>
    /// <param name="name"><c>short</c>, <c>medium</c>, <c>hog</c> or <c>auto</c>.</param>
    /// <param name="availableBytes">For <c>auto</c>: what the machine or the container has.</param>
    public static MemoryProfile? Find(string name, long availableBytes) => name switch
    {
        "short" => Short,
        "medium" => Medium,
        "hog" => Hog,
        "auto" => availableBytes <= 384 * Megabyte ? Short : availableBytes <= 1_024 * Megabyte ? Medium : Hog,
        _ => null,
    };
}
