using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>What PluginNodes hold by day, for coverage.</summary>
internal sealed class NeighbourDays(INeighbourCalls calls) : INeighbourDays
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation)
    {
        if (Asked.Of(neighbour, calls) is not { } asked) return null;
        for (var attempt = 0; attempt < asked.Addresses; attempt++)
        {
            var answer = await calls.DaysAsync(asked.At(attempt, 0), cancellation);
            if (answer.Reply.HasAnswer) return answer.Days;
            if (answer.Reply.Outcome != AskOutcome.Unreachable) return null;
        }
        return null;
    }
}
