namespace PluginNode.Ledger;

/// <summary>
/// Entries in the ledger's order, in chunks: adding, removing and finding a place cost a binary search and the moving
/// of one chunk. What is newest is added at the end, where nothing moves. Owned by who holds the index's lock.
/// </summary>
internal sealed class SortedRun
{
    public const int ChunkEntries = 512;

    private readonly List<Chunk> _chunks = [];

    public int Count { get; private set; }

    public IReadOnlyList<Chunk> Chunks => _chunks;

    public LedgerEntry First => _chunks[0].Items[0];

    public LedgerEntry Last => _chunks[^1].Last;

    public sealed class Chunk(int room)
    {
        public LedgerEntry[] Items { get; private set; } = new LedgerEntry[room];

        public int Count { get; private set; }

        public LedgerEntry Last => Items[Count - 1];

        public void Insert(int at, LedgerEntry entry)
        {
            if (Count == Items.Length)
            {
                var larger = new LedgerEntry[Math.Min(ChunkEntries, 2 * Count)];
                Items.AsSpan().CopyTo(larger);
                Items = larger;
            }
            Items.AsSpan(at, Count - at).CopyTo(Items.AsSpan(at + 1));
            Items[at] = entry;
            Count++;
        }

        public void RemoveAt(int at)
        {
            Count--;
            Items.AsSpan(at + 1, Count - at).CopyTo(Items.AsSpan(at));
            Items[Count] = null!;
        }

        public Chunk Split()
        {
            var half = Count / 2;
            var second = new Chunk(ChunkEntries);
            Items.AsSpan(half, Count - half).CopyTo(second.Items);
            second.Count = Count - half;
            Items.AsSpan(half, Count - half).Clear();
            Count = half;
            return second;
        }
    }

    /// <summary>Adds an entry that is not in it yet.</summary>
    public void Add(LedgerEntry entry)
    {
        Count++;
        if (_chunks.Count == 0) _chunks.Add(new Chunk(2));
        var (at, index) = Seek(LedgerKey.Of(entry));
        if (at == _chunks.Count)
        {
            if (_chunks[^1].Count == ChunkEntries) _chunks.Add(new Chunk(ChunkEntries));
            (at, index) = (_chunks.Count - 1, _chunks[^1].Count);
        }
        else if (_chunks[at].Count == ChunkEntries)
        {
            _chunks.Insert(at + 1, _chunks[at].Split());
            if (index > _chunks[at].Count) (at, index) = (at + 1, index - _chunks[at].Count);
        }
        _chunks[at].Insert(index, entry);
    }

    /// <summary>Removes an entry that is in it.</summary>
    public void Remove(LedgerEntry entry)
    {
        var (at, index) = Seek(LedgerKey.Of(entry));
        _chunks[at].RemoveAt(index);
        if (_chunks[at].Count == 0) _chunks.RemoveAt(at);
        Count--;
    }

    /// <summary>The place of the first entry at or behind the key; one chunk behind the last where there is
    /// none.</summary>
    public (int Chunk, int Index) Seek(LedgerKey key)
    {
        var (low, high) = (0, _chunks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_chunks[middle].Count > 0 && !LedgerKey.Of(_chunks[middle].Last).IsBefore(key)) high = middle;
            else low = middle + 1;
        }
        if (low == _chunks.Count) return (low, 0);
        var chunk = _chunks[low];
        var (from, to) = (0, chunk.Count - 1);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (!LedgerKey.Of(chunk.Items[middle]).IsBefore(key)) to = middle;
            else from = middle + 1;
        }
        return (low, from);
    }
}

/// <summary>A walk through a run, forwards or backwards; over as soon as the run changes.</summary>
internal struct RunWalk(SortedRun run, int chunk, int index)
{
    private int _chunk = chunk, _index = index;

    public readonly LedgerEntry? Current =>
        _chunk >= 0 && _chunk < run.Chunks.Count ? run.Chunks[_chunk].Items[_index] : null;

    /// <summary>How many entries there are from here to the end, this one included.</summary>
    public readonly int Left
    {
        get
        {
            var left = -_index;
            for (var at = _chunk; at < run.Chunks.Count; at++) left += run.Chunks[at].Count;
            return Math.Max(0, left);
        }
    }

    /// <summary>From the first entry at or behind the key.</summary>
    public static RunWalk From(SortedRun run, LedgerKey key)
    {
        var (chunk, index) = run.Seek(key);
        return new RunWalk(run, chunk, index);
    }

    /// <summary>From the last entry, backwards; from nowhere where there is none.</summary>
    public static RunWalk FromLast(SortedRun run) =>
        run.Count == 0 ? new RunWalk(run, -1, 0) : new RunWalk(run, run.Chunks.Count - 1, run.Chunks[^1].Count - 1);

    /// <summary>Goes on by so many entries; whole chunks are passed over at once.</summary>
    public void Forward(int by)
    {
        while (_chunk < run.Chunks.Count && by > 0)
        {
            var left = run.Chunks[_chunk].Count - _index;
            if (by < left)
            {
                _index += by;
                return;
            }
            by -= left;
            (_chunk, _index) = (_chunk + 1, 0);
        }
    }

    public void Back()
    {
        if (--_index >= 0) return;
        if (--_chunk >= 0) _index = run.Chunks[_chunk].Count - 1;
    }
}
