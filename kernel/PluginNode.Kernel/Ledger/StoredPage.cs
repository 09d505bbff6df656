namespace PluginNode.Ledger;

/// <summary>A record of several events. Owned by the ledger's loop.</summary>
/// <param name="sequence">The record's.</param>
/// <param name="entries">What was written into it.</param>
internal sealed class StoredPage(long sequence, LedgerEntry[] entries)
{
    /// <summary>Most events of a record.</summary>
    public const int MostEvents = 128;

    public long Sequence => sequence;

    /// <summary>What was written into it.</summary>
    public IReadOnlyCollection<LedgerEntry> Entries => entries;

    /// <summary>How many events were written into it.</summary>
    public int Written => entries.Length;

    /// <summary>How many of them are still in the ledger, and nowhere else in the store.</summary>
    public int Live { get; set; }

    /// <summary>Whether most of it is of no use any more.</summary>
    public bool IsSparse => 2 * Live < Written;

    /// <summary>Those that are still in the ledger.</summary>
    public IEnumerable<LedgerEntry> Remaining => entries.Where(e => e.Page == this);
}
