using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary><c>mesh-sample</c>: random parts of what neighbours hold. See the plugin's README.</summary>
internal sealed class SampleStrategy(INeighbourCalls calls, TimeProvider time) : ISyncStrategy
{
    /// <inheritdoc/>
    public string Name => "mesh-sample";

    /// <inheritdoc/>
    public int Rank => 110;

    /// <inheritdoc/>
    public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation)
    {
        if (session.Plan.Purpose != SyncPurpose.Boot)
            return Task.FromResult(Unavailable.For(session.Plan.Purpose));
        var neighbours = Asked.Of(session.Plan, calls);
        if (neighbours.Count == 0) return Task.FromResult(Unavailable.NoNeighbour);
        return Task.Run(
            () => new SampleRun(new SyncRun(session, calls, time), neighbours).RunAsync(cancellation), cancellation);
    }
}
