using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary>What PluginNodes hold by day, for coverage.</summary>
/// <param name="calls">Asks.</param>
/// <param name="time">For the limit.</param>
internal sealed class NeighbourDays(INeighbourCalls calls, TimeProvider time) : INeighbourDays
{
    /// <summary>Less than the kernel waits, which takes it for a fault of the plugin then: that a neighbour is slow, or
    /// not at the broker that it is asked over, is none.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation)
    {
        if (Asked.Of(neighbour, calls) is not { } asked) return null;
        using var limit = new CancellationTokenSource(MostTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            for (var attempt = 0; attempt < asked.Addresses; attempt++)
            {
                var answer = await calls.DaysAsync(asked.At(attempt, 0), either.Token);
                if (answer.Reply.HasAnswer) return answer.Days;
                if (answer.Reply.Outcome != AskOutcome.Unreachable) return null;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // its time is over
        }
        return null;
    }
}
