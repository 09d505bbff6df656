using System.Runtime.InteropServices;

namespace PluginNode.Delivery;

/// <summary>Things in ascending sequence, added at the end (nearly always) and removed anywhere; removed ones leave a
/// gap that is closed when there are more gaps than things.</summary>
internal sealed class SequenceIndex<T>(Func<T, long> sequence) where T : class
{
    private List<(long Sequence, T? Item)> _items = [];

    public int Count { get; private set; }

    public void Add(T item)
    {
        var key = sequence(item);
        var at = _items.Count == 0 || _items[^1].Sequence < key ? _items.Count : Position(key);
        _items.Insert(at, (key, item));
        Count++;
    }

    public void Remove(T item)
    {
        var key = sequence(item);
        var at = Position(key);
        if (at == _items.Count || _items[at].Sequence != key || _items[at].Item is null) return;
        CollectionsMarshal.AsSpan(_items)[at].Item = null;
        Count--;
        if (_items.Count > 64 && Count < _items.Count / 2) _items = [.. _items.Where(i => i.Item is not null)];
    }

    /// <summary>Those behind a sequence, ascending. Not to be changed while it is read.</summary>
    public IEnumerable<T> After(long after)
    {
        if (after == long.MaxValue) yield break;
        for (var i = Position(after + 1); i < _items.Count; i++)
            if (_items[i].Item is { } item) yield return item;
    }

    private int Position(long key)
    {
        var (low, high) = (0, _items.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_items[middle].Sequence < key) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
