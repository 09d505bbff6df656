using PluginNode.Events;
using PluginNode.Sync;

namespace PluginNode.Mqtt.Ledger;

/// <summary>What PluginNodes at the broker hold by day, for coverage. A nara has no such call.</summary>
/// <param name="calls">Those of the transport while it runs; null: it does not.</param>
/// <param name="limit">How long a call may take; never longer than <see cref="MostTime"/>.</param>
internal sealed class NeighbourDays(Func<ILedgerCalls?> calls, TimeSpan limit) : INeighbourDays
{
    /// <summary>Less than the kernel waits, as others may be asked in its stead.</summary>
    public static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LedgerDay>?> DaysAsync(Neighbour neighbour, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        return calls() is { } running && neighbour.Addresses.Any(a => a.Scheme == LedgerStrategy.Scheme)
            ? running.DaysAsync(neighbour.Id, limit < MostTime ? limit : MostTime, cancellation)
            : Task.FromResult<IReadOnlyList<LedgerDay>?>(null);
    }
}
