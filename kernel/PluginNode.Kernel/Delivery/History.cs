namespace PluginNode.Delivery;

/// <summary>A message's first and last 20 attempts, and how many there were.</summary>
internal sealed class History
{
    private const int Kept = 20;

    private readonly List<Attempt> _first = [];
    private readonly Queue<Attempt> _last = new();

    public int Count { get; private set; }

    public void Add(Attempt attempt)
    {
        Count++;
        if (_first.Count < Kept)
        {
            _first.Add(attempt);
            return;
        }
        _last.Enqueue(attempt);
        if (_last.Count > Kept) _last.Dequeue();
    }

    public IReadOnlyList<Attempt> ToList() => [.. _first, .. _last];
}
