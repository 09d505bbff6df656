using System.Text.Json.Serialization;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Recovery;
using static System.Text.Json.Serialization.JsonIgnoreCondition;

namespace PluginNode.Api;

/// <summary>One strategy that recovery went through.</summary>
/// <param name="Strategy">Its name.</param>
/// <param name="Purpose"><c>boot</c> (all that there is), <c>background</c> (what is new),
/// <c>checkpoints</c> or <c>asked</c> (by hand).</param>
/// <param name="Outcome"><c>complete</c>, <c>partial</c>, <c>unavailable</c> or <c>failed</c>.</param>
/// <param name="Reason">Why not complete, or what is remarkable about it; null: nothing.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Counts">What it did.</param>
/// <param name="Neighbours">The same by neighbour, those that were asked.</param>
public sealed record RecoveryStepBody(
    string Strategy, string Purpose, string Outcome, [property: JsonIgnore(Condition = Never)] string? Reason,
    Duration Elapsed, SyncCountsBody Counts, IReadOnlyList<RecoveryNeighbourBody> Neighbours)
{
    internal static RecoveryStepBody Of(SyncStep s) => new(
        s.Strategy, Words.Of(s.Purpose), Words.Of(s.Outcome), s.Reason,
        new Duration(TimeSpan.FromMilliseconds(Math.Round(s.Elapsed.TotalMilliseconds))), SyncCountsBody.Of(s.Counts),
        [.. s.Neighbours.Select(RecoveryNeighbourBody.Of)]);
}

/// <summary>What one neighbour did.</summary>
/// <param name="Name">What it is called here.</param>
/// <param name="Counts">What it did.</param>
/// <param name="LastFailure">Why the last call that failed did; null: none failed.</param>
public sealed record RecoveryNeighbourBody(
    string Name, SyncCountsBody Counts, [property: JsonIgnore(Condition = Never)] string? LastFailure)
{
    internal static RecoveryNeighbourBody Of(NeighbourSync n) =>
        new(n.Name, SyncCountsBody.Of(n.Counts), n.LastFailure);
}

/// <summary>What was counted. <paramref name="Received"/> = <paramref name="Merged"/> +
/// <paramref name="Duplicates"/> + <paramref name="Pending"/> + <paramref name="Pruned"/> + all of
/// <paramref name="Rejected"/>.</summary>
/// <param name="Calls">Calls, those that failed included.</param>
/// <param name="Failures">Calls that failed.</param>
/// <param name="Received">Events that were told.</param>
/// <param name="Merged">Those that are new.</param>
/// <param name="Duplicates">Those that were here.</param>
/// <param name="Pending">Those that wait for a key.</param>
/// <param name="Pruned">Those that the full ledger had no room for.</param>
/// <param name="Freed">Those that had waited for a key from earlier on; not among the others.</param>
/// <param name="Rejected">Those that were kept out, by reason; a reason without any is not there.</param>
/// <param name="Bytes">Bytes of answers, before compression.</param>
public sealed record SyncCountsBody(
    long Calls, long Failures, long Received, long Merged, long Duplicates, long Pending, long Pruned, long Freed,
    IReadOnlyDictionary<string, long> Rejected, long Bytes)
{
    internal static SyncCountsBody Of(SyncCounts c) => new(
        c.Calls, c.Failures, c.Received, c.Merged, c.Duplicates, c.Pending, c.Pruned, c.Freed,
        c.Rejected.ToDictionary(r => Words.Of(r.Key), r => r.Value, StringComparer.Ordinal), c.Bytes);
}
