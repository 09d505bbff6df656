using PluginNode.Storage;

namespace PluginNode.Ledger;

/// <summary>
/// Which event lies in which record. Events come one by one or by thousands; so that records stay few, a new one takes
/// in those before it that are no larger, as a binary counter carries, and what is left in records that lost most of
/// their events. Owned by the ledger's loop.
/// </summary>
internal sealed class LedgerPages(Journal journal)
{
    private const int MostBytes = 256 << 10; // of a record, unless one event alone has more

    private readonly List<StoredPage> _small = []; // by sequence
    private readonly HashSet<StoredPage> _sparse = [];
    private int _records;

    /// <summary>How many records there are.</summary>
    public int Records => _records;

    /// <summary>Records to be committed together.</summary>
    /// <param name="Pages">The new ones.</param>
    /// <param name="Entries">What is to be sealed, in the same order.</param>
    /// <param name="Replaced">The ones whose remaining events are in them.</param>
    public sealed record Writing(List<StoredPage> Pages, List<Entry> Entries, List<StoredPage> Replaced);

    /// <summary>The records for events that come; to be ended with <see cref="Written"/> or
    /// <see cref="Failed"/>.</summary>
    public Writing Write(List<LedgerEntry> fresh)
    {
        var replaced = Take(fresh.Count);
        var writing = new Writing([], [], replaced);
        List<LedgerEntry> part = [];
        var bytes = 0;
        foreach (var entry in replaced.SelectMany(p => p.Remaining).Concat(fresh))
        {
            var more = EventRecords.BytesOf(entry);
            if (part.Count == StoredPage.MostEvents || (part.Count > 0 && bytes + more > MostBytes))
            {
                Add(part, writing);
                (part, bytes) = ([], 0);
            }
            part.Add(entry);
            bytes += more;
        }
        if (part.Count > 0) Add(part, writing);
        return writing;
    }

    /// <summary>They are on stable storage, and those that they replace are gone.</summary>
    public void Written(Writing writing)
    {
        _records += writing.Pages.Count - writing.Replaced.Count;
        foreach (var page in writing.Pages) Put(page, page.Entries);
    }

    /// <summary>Nothing has changed.</summary>
    public void Failed(Writing writing)
    {
        foreach (var page in writing.Replaced)
        {
            if (page.IsSparse) _sparse.Add(page);
            else if (page.Written < StoredPage.MostEvents / 2) _small.Add(page);
        }
        _small.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
    }

    /// <summary>A record that was found at the start, with those of its events that are in the ledger.</summary>
    public void Restore(StoredPage page, IReadOnlyCollection<LedgerEntry> live)
    {
        _records++;
        Put(page, live);
        if (live.Count == 0) Gone(page);
        else if (page.IsSparse) _sparse.Add(page);
    }

    /// <summary>An event has left the ledger.</summary>
    public void Left(LedgerEntry entry)
    {
        if (entry.Page is not { } page) return;
        entry.Page = null;
        page.Live--;
        if (page.Live == 0) Gone(page);
        else if (page.IsSparse) _sparse.Add(page);
    }

    // Its removal rides on a later commit: a crash before that only means that its events are pruned once more.
    private void Gone(StoredPage page)
    {
        _records--;
        _small.Remove(page);
        _sparse.Remove(page);
        journal.Remove(page.Sequence);
    }

    private void Put(StoredPage page, IReadOnlyCollection<LedgerEntry> live)
    {
        foreach (var entry in live) entry.Page = page;
        page.Live = live.Count;
        if (page.Written < StoredPage.MostEvents / 2) _small.Add(page);
    }

    private List<StoredPage> Take(int count)
    {
        var taken = _sparse.OrderBy(p => p.Sequence).ToList();
        _sparse.Clear();
        _small.RemoveAll(taken.Contains);
        count += taken.Sum(p => p.Live);
        while (_small.Count > 0 && _small[^1].Live <= count && _small[^1].Live + count <= StoredPage.MostEvents)
        {
            count += _small[^1].Live;
            taken.Add(_small[^1]);
            _small.RemoveAt(_small.Count - 1);
        }
        taken.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return taken;
    }

    private void Add(List<LedgerEntry> part, Writing writing)
    {
        var page = new StoredPage(journal.NextSequence(), [.. part]);
        writing.Pages.Add(page);
        writing.Entries.Add(EventRecords.Write(page.Sequence, part));
    }
}
