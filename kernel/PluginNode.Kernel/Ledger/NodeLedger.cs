using Microsoft.Extensions.Logging;
using PluginNode.Events;
using PluginNode.Storage;
using PluginNode.Sync;

namespace PluginNode.Ledger;

/// <summary>What the ledger is configured with.</summary>
public sealed record LedgerOptions
{
    /// <summary>The name that this node's own events are told under, at most 256 bytes of UTF-8. Default: its peer
    /// id.</summary>
    public string? Name { get; init; }

    /// <summary>How much it remembers. Default: medium.</summary>
    public MemoryProfile Profile { get; init; } = MemoryProfile.Medium;

    /// <summary>Whether keys that nobody configured are learned from events: <c>node.trust</c> is <c>first-use</c>.
    /// Default: true.</summary>
    public bool LearnsKeys { get; init; } = true;

    /// <summary>Whether unsigned events are kept, apart from the ledger. Default: false.</summary>
    public bool KeepsHearsay { get; init; }
}

/// <summary>The ledger's counters, since the start where they are not "now".</summary>
/// <param name="Events">Events in the ledger, now.</param>
/// <param name="Records">Store records that they lie in, now.</param>
/// <param name="Merged">Events that were merged.</param>
/// <param name="Pruned">Events that had to leave, or could not come, because the ledger is bounded.</param>
/// <param name="Rejected">Events that were kept out, hearsay included.</param>
/// <param name="Pending">Events that wait for a key, now.</param>
/// <param name="PendingDropped">Events that waited for a key and gave way to others.</param>
/// <param name="LearnedKeys">Keys that were learned, now.</param>
/// <param name="OtherKeys">Announced keys that were refused because another one is known.</param>
/// <param name="OtherIds">Claimed member ids that another key has.</param>
public sealed record LedgerMetrics(
    int Events, int Records, long Merged, long Pruned, long Rejected, int Pending, long PendingDropped, int LearnedKeys,
    long OtherKeys, long OtherIds);

/// <summary>The parts of a node's ledger, put together.</summary>
internal sealed class NodeLedger
{
    private readonly LedgerLoop _loop;
    private readonly LedgerKeys _keys;

    public NodeLedger(KernelParts parts, LedgerOptions options, Journal journal, ILogger logger)
    {
        var name = options.Name ?? parts.Identity.Self.ToString();
        Index = new LedgerIndex(options.Profile.Events, parts.Chance, options.Profile.BudgetBytes / 2);
        _keys = new LedgerKeys(parts.Peers, parts.Identity.Self, name, options.LearnsKeys, logger);
        _loop = new LedgerLoop(Index, _keys, parts.Kinds, journal, logger);
        Intake = new EventIntake(parts.Kinds, Index, _loop, _keys, parts.SignatureChecks, parts.Time)
        {
            Hearsay = options.KeepsHearsay ? new Hearsay(Index) : null,
        };
        Own = new OwnEvents(parts.Kinds, new EventMaker(parts.Identity, name, parts.Kinds, parts.Time), _loop, _keys);
    }

    public LedgerIndex Index { get; }

    public EventIntake Intake { get; }

    public IEventKeys Keys => _keys;

    public OwnEvents Own { get; }

    /// <summary>How many keys were learned.</summary>
    public int LearnedKeys => _keys.Count;

    /// <summary>Events that the store had kept and that could not be read when it was opened.</summary>
    public long Lost => _loop.Lost;

    /// <summary>Called, from the ledger's loop, when events were merged. To be set before any are.</summary>
    public void OnMerged(Action merged) => _loop.Changed = merged;

    public Task RestoreAsync(StoreContent content, CancellationToken cancellation) =>
        _loop.RestoreAsync(content, cancellation);

    public Task<LedgerMetrics> MetricsAsync() => _loop.Box.AskAsync(() => new LedgerMetrics(
        Index.Count, _loop.Records, _loop.Merged, _loop.Pruned, Intake.Counters.Total, Intake.Pending.Count,
        Intake.Pending.Dropped, _keys.Count, _keys.OtherKeys, _keys.OtherIds));

    public Task StopAsync() => _loop.StopAsync();
}
