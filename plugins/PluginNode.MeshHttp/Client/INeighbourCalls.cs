using PluginNode.Identity;
using PluginNode.MeshHttp.Wire;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Client;

/// <summary>What strategies ask one neighbour at one address. Whatever it does is an outcome and never an exception.
/// Callable from any number of threads at once.</summary>
internal interface INeighbourCalls
{
    /// <summary>Where a neighbour can be asked, in the order of its addresses; none: it is no neighbour in this
    /// way.</summary>
    IReadOnlyList<PeerAddress> AddressesOf(Neighbour neighbour);

    /// <summary>Asks once, and again for less while the answer is too slow or too large. What is asked is as nara has
    /// it; <c>from</c> is filled in, and <c>max_events</c> where only an older peer reads it.</summary>
    /// <param name="to">Whom.</param>
    /// <param name="request">For what.</param>
    /// <param name="callTime">How long one try may take in all; null: as long as the settings allow.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<SyncReply> AskAsync(
        SyncNeighbour to, SyncRequest request, TimeSpan? callTime, CancellationToken cancellation);

    /// <summary>What a neighbour that is a PluginNode holds by day.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<DaysReply> DaysAsync(SyncNeighbour to, CancellationToken cancellation);
}
