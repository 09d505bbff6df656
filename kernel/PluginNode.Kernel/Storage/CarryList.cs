using Google.Protobuf;

namespace PluginNode.Storage;

/// <summary>
/// Keeps records that are added to little by little few in number: a new one takes in those before it that are no
/// larger, as a binary counter carries, so that an id is rewritten a few times and not once for every later one.
/// Owned by a loop.
/// </summary>
/// <typeparam name="T">A record whose contents can be merged.</typeparam>
internal sealed class CarryList<T> where T : class, IMessage<T>
{
    /// <summary>A record is left alone from this size on; well below <see cref="RecordLimits.HeaderBytes"/>.</summary>
    public const int FullBytes = 32 * 1024;

    private readonly List<(long Sequence, T Content, int Bytes)> _open = [];

    /// <summary>Takes out the records to be merged into a new one of that many bytes, oldest first.</summary>
    public List<(long Sequence, T Content)> Take(int bytes)
    {
        var from = _open.Count;
        while (from > 0 && _open[from - 1].Bytes <= bytes && _open[from - 1].Bytes + bytes <= FullBytes)
            bytes += _open[--from].Bytes;
        var taken = _open[from..].ConvertAll(r => (r.Sequence, r.Content));
        _open.RemoveRange(from, _open.Count - from);
        return taken;
    }

    /// <summary>A record was committed, was found at the start, or could not be merged after all.</summary>
    public void Put(long sequence, T content)
    {
        var bytes = content.CalculateSize();
        if (bytes >= FullBytes / 2) return; // nothing as large as itself would fit beside it
        var at = _open.Count;
        while (at > 0 && _open[at - 1].Sequence > sequence) at--;
        _open.Insert(at, (sequence, content, bytes));
    }

    /// <summary>The record is removed for another reason.</summary>
    public void Forget(long sequence) => _open.RemoveAll(r => r.Sequence == sequence);
}
