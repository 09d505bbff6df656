using PluginNode.Sync;

namespace PluginNode.Recovery;

/// <summary>What the operator wants of one neighbour.</summary>
/// <param name="Neighbour">It.</param>
/// <param name="Subjects">By or about whom; none: everything.</param>
internal sealed record RecoveryAsk(Neighbour Neighbour, IReadOnlyList<string> Subjects)
{
    /// <summary>The strategies that were tried, the one that was answered last.</summary>
    public TaskCompletionSource<IReadOnlyList<SyncStep>?> Answer { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
