using System.Text;
using PluginNode.Identity;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Ledger;

/// <summary><c>mqtt-ledger</c>: each neighbour is asked about a part of all subjects. See the plugin's
/// README.</summary>
/// <param name="calls">Those of the transport while it runs; null: it does not.</param>
/// <param name="parts">The ledger and who is known.</param>
/// <param name="peers">The peer list.</param>
/// <param name="limit">How long a call may take, where the plan does not say.</param>
/// <param name="time">For waits.</param>
internal sealed class LedgerStrategy(
    Func<ILedgerCalls?> calls, LedgerParts parts, IPeerDirectory peers, TimeSpan limit,
    TimeProvider time) : ISyncStrategy
{
    /// <summary>Of the addresses of those who can be asked.</summary>
    public const string Scheme = "mqtt";

    /// <inheritdoc/>
    public string Name => "mqtt-ledger";

    /// <inheritdoc/>
    public int Rank => 200;

    /// <inheritdoc/>
    public Task<SyncReport> SyncAsync(ISyncSession session, CancellationToken cancellation)
    {
        var plan = session.Plan;
        if (plan.Purpose == SyncPurpose.Checkpoints) return Unavailable("it cannot find all of a service");
        if (calls() is not { } running) return Unavailable("no broker is set, or the transport is stopped");
        List<AskedNeighbour> neighbours =
            [.. plan.Neighbours.Where(n => n.Addresses.Any(a => a.Scheme == Scheme))
                .Take(plan.Profile.BrokeredNeighbours).Select(n => new AskedNeighbour(n))];
        if (neighbours.Count == 0) return Unavailable("no neighbour has an address of mqtt");
        var run = new LedgerRun(session, running, neighbours, plan.CallTime ?? limit, time);
        var asked = plan.Subjects.Count == 0 ? null : new SortedSet<string>(plan.Subjects, StringComparer.Ordinal);
        return Task.Run(() => run.RunAsync(() => asked ?? Subjects(plan), cancellation), cancellation);
    }

    private static Task<SyncReport> Unavailable(string reason) =>
        Task.FromResult(new SyncReport(SyncOutcome.Unavailable, reason));

    /// <summary>Everyone known and oneself, whoever is there now.</summary>
    private SortedSet<string> Subjects(SyncPlan plan)
    {
        var names = new SortedSet<string>(parts.Ledger.Subjects(), StringComparer.Ordinal) { parts.Name };
        names.UnionWith(parts.Keys?.Names() ?? []);
        names.UnionWith(peers.All.Select(p => p.Name));
        names.UnionWith(plan.Neighbours.Select(n => n.Name));
        names.RemoveWhere(n => n.Length == 0 || Encoding.UTF8.GetByteCount(n) > LedgerRun.MostRequestBytes);
        return names;
    }
}
