namespace PluginNode.Events;

/// <summary>What came of merging events into the ledger. <paramref name="Received"/> = <paramref name="Merged"/> +
/// <paramref name="Duplicates"/> + <paramref name="Pending"/> + <paramref name="Pruned"/> + all that was
/// rejected.</summary>
/// <param name="Received">How many events were handed over.</param>
/// <param name="Merged">How many are new, and on stable storage.</param>
/// <param name="Duplicates">How many were there already.</param>
/// <param name="Pending">How many wait, outside of the ledger, for a key that is not known yet.</param>
/// <param name="Pruned">How many are older or less important than what the full ledger holds.</param>
/// <param name="Freed">How many that had waited since earlier were merged because a key became known now; not among
/// the others.</param>
/// <param name="Rejected">How many were kept out, by reason; a reason without any is not there.</param>
public sealed record MergeReport(
    int Received, int Merged, int Duplicates, int Pending, int Pruned, int Freed,
    IReadOnlyDictionary<EventVerdict, int> Rejected);
