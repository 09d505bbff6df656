namespace PluginNode.Simulation.Checks;

/// <summary>Messages that are gone where bits were flipped: a flip costs one. Where bits flipped at both ends nobody
/// can tell whose flip it was.</summary>
/// <param name="flips">How many bits flipped at which node.</param>
internal sealed class Losses(IReadOnlyDictionary<int, long> flips)
{
    private readonly List<int[]> _lost = [];

    /// <summary>For each lost message the nodes that can have lost it.</summary>
    public IReadOnlyList<IReadOnlyList<int>> All => _lost;

    /// <summary>A message from one to the other is gone.</summary>
    public void Add(int from, int to) => _lost.Add([.. new[] { from, to }.Where(flips.ContainsKey)]);

    /// <summary>Nodes that together lost more than was flipped in them; null: every loss can be put down to a flip of
    /// its own (Hall's theorem).</summary>
    public IReadOnlyList<int>? TooMany()
    {
        var nodes = flips.Keys.Order().ToList();
        for (var set = 0; set < 1 << nodes.Count; set++)
        {
            var some = nodes.Where((_, i) => (set >> i & 1) == 1).ToList();
            if (_lost.Count(l => l.All(some.Contains)) > some.Sum(n => flips[n])) return some;
        }
        return null;
    }
}
