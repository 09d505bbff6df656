using PluginNode.Plugins;

namespace PluginNode.Ledger;

/// <summary>
/// Entries to be drawn at random without replacement, each with the weight of its day and importance. Every entry has
/// an exponential key (Efraimidis and Spirakis, 2006), and the smallest are drawn; since those of one day weigh the
/// same, a group's keys follow from its size, one after the other, and only as many are made as are drawn. Keys are
/// compared by their logarithms: a weight of years ago would be 0 as a double. Used under the index's lock.
/// </summary>
internal sealed class Urn(IChance chance)
{
    private readonly PriorityQueue<Group, double> _groups = new();

    /// <summary>How many entries and groups were looked at.</summary>
    public int Steps { get; private set; }

    private sealed class Group(RankedRun run, int first, int count, double logWeight)
    {
        private readonly Dictionary<int, int> _moved = []; // a shuffle of which only what was drawn is kept
        private double _sum;

        public int Left { get; private set; } = count;

        /// <summary>The logarithm of the next key.</summary>
        public double NextKey(IChance chance)
        {
            _sum += -Math.Log(1 - chance.NextDouble()) / Left;
            return Math.Log(_sum) - logWeight;
        }

        public (string? Subject, LedgerEntry Entry) Draw(IChance chance)
        {
            var at = Math.Min((int)(chance.NextDouble() * Left), Left - 1);
            Left--;
            var drawn = _moved.GetValueOrDefault(at, at);
            _moved[at] = _moved.GetValueOrDefault(Left, Left);
            return (run.Subject, run[first + drawn]);
        }
    }

    /// <summary>Puts in the entries at these positions of a run.</summary>
    public void Add(RankedRun run, int first, int count, double logWeight)
    {
        if (count <= 0) return;
        Steps++;
        var group = new Group(run, first, count, logWeight);
        _groups.Enqueue(group, group.NextKey(chance));
    }

    /// <summary>Draws one; null where none is left.</summary>
    public (string? Subject, LedgerEntry Entry)? Draw()
    {
        if (!_groups.TryDequeue(out var group, out _)) return null;
        Steps++;
        var drawn = group.Draw(chance);
        if (group.Left > 0) _groups.Enqueue(group, group.NextKey(chance));
        return drawn;
    }
}

/// <summary>A run whose entries are found by position.</summary>
internal sealed class RankedRun
{
    private readonly SortedRun _run;
    private readonly int[] _starts; // the position of each chunk's first entry

    public RankedRun(string? subject, SortedRun run)
    {
        (Subject, _run, _starts) = (subject, run, new int[run.Chunks.Count]);
        for (var i = 1; i < _starts.Length; i++) _starts[i] = _starts[i - 1] + run.Chunks[i - 1].Count;
    }

    public string? Subject { get; }

    public int Count => _run.Count;

    public LedgerEntry this[int position]
    {
        get
        {
            var at = Array.BinarySearch(_starts, position);
            if (at < 0) at = ~at - 1;
            return _run.Chunks[at].Items[position - _starts[at]];
        }
    }

    /// <summary>The position of the first entry at or behind the key.</summary>
    public int Seek(LedgerKey key)
    {
        var (chunk, index) = _run.Seek(key);
        return chunk == _starts.Length ? Count : _starts[chunk] + index;
    }
}
