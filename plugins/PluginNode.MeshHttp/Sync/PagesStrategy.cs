using PluginNode.Events;
using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary><c>mesh-pages</c>: everything that neighbours hold, by cursor. See the plugin's README.</summary>
internal sealed class PagesStrategy(INeighbourCalls calls, ILedger ledger, TimeProvider time) : ISyncStrategy
{
    private readonly DayMemory _memory = new(time);

    /// <inheritdoc/>
    public string Name => "mesh-pages";

    /// <inheritdoc/>
    public int Rank => 10;

    /// <inheritdoc/>
    public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation) =>
        // answers are decoded where they arrive, and not in the caller's context
        Task.Run(() => SyncHereAsync(session, cancellation), cancellation);

    /// <summary>The same in the caller's context.</summary>
    public Task<SyncReport> SyncHereAsync(ISyncSession session, CancellationToken cancellation)
    {
        var neighbours = Asked.Of(session.Plan, calls);
        return neighbours.Count == 0
            ? Task.FromResult(Unavailable.NoNeighbour)
            : new PagesRun(new SyncRun(session, calls, time), neighbours, ledger, _memory, time)
                .RunAsync(cancellation);
    }
}
