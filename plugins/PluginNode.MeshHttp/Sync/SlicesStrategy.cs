using PluginNode.Identity;
using PluginNode.MeshHttp.Client;
using PluginNode.Sync;

namespace PluginNode.MeshHttp.Sync;

/// <summary><c>mesh-slices</c>: the older way, every n-th event of everyone. See the plugin's README.</summary>
internal sealed class SlicesStrategy(
    INeighbourCalls calls, SyncParts parts, IPeerDirectory peers, TimeProvider time) : ISyncStrategy
{
    // half of what a PluginNode takes as a request
    private const int MostSubjectBytes = 512 << 10;

    /// <inheritdoc/>
    public string Name => "mesh-slices";

    /// <inheritdoc/>
    public int Rank => 120;

    /// <inheritdoc/>
    public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation)
    {
        if (session.Plan.Purpose == SyncPurpose.Checkpoints)
            return Task.FromResult(Unavailable.For(session.Plan.Purpose));
        var neighbours = Asked.Of(session.Plan, calls);
        if (neighbours.Count == 0) return Task.FromResult(Unavailable.NoNeighbour);
        return Task.Run(
            () => new SlicesRun(new SyncRun(session, calls, time), neighbours, Subjects(session.Plan))
                .RunAsync(cancellation),
            cancellation);
    }

    /// <summary>Those of the plan; else everyone known, whoever is there now. None, which asks for all, where they are
    /// too many for a request.</summary>
    private SortedSet<string> Subjects(SyncPlan plan)
    {
        if (plan.Subjects.Count > 0) return new SortedSet<string>(plan.Subjects, StringComparer.Ordinal);
        var names = new SortedSet<string>(parts.Ledger.Subjects(), StringComparer.Ordinal) { parts.Signer.Name };
        names.UnionWith(parts.Keys?.Names() ?? []);
        names.UnionWith(peers.All.Select(p => p.Name));
        names.UnionWith(plan.Neighbours.Select(n => n.Name));
        names.Remove("");
        // a name of control characters and quotes is six times as long in JSON, which nobody has
        if (names.Sum(n => 3L + System.Text.Encoding.UTF8.GetByteCount(n)) > MostSubjectBytes) names.Clear();
        return names;
    }
}
