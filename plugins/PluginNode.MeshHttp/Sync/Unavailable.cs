using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>Why a strategy asked nobody.</summary>
internal static class Unavailable
{
    public static SyncReport NoNeighbour { get; } =
        new(SyncOutcome.Unavailable, 
            "no neighbour has an address of mesh+http, or one whose transport can ask");

    /// <summary>It does not serve a purpose.</summary>
    public static SyncReport For(SyncPurpose purpose) => new(
        SyncOutcome.Unavailable,
        purpose == SyncPurpose.Checkpoints ? "it cannot find all of a service" : "it serves recovery at start only");
}
