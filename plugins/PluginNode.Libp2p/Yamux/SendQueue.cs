using System.Buffers;

namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// Frames on their way out, in one piece, so that many of them cost one encryption and one system call. Holds a buffer
/// only while there are some. Guarded by the session's lock.
/// </summary>
internal sealed class SendQueue
{
    /// <summary>Data is taken up to here.</summary>
    public const int MostData = 256 * 1024;

    /// <summary>Frames without data come on top. Whoever causes so many and does not read them is no peer.</summary>
    public const int MostControl = 64 * 1024;

    private const int FirstBuffer = 4 * 1024;

    private byte[]? _buffer;
    private int _lastCount;

    public int Count { get; private set; }

    /// <summary>Bytes of data, header included, that may be added.</summary>
    public int Room => MostData - Count;

    public bool IsOverfull => Count > MostData + MostControl;

    public void Add(YamuxHeader header, ReadOnlySpan<byte> data)
    {
        var needed = Count + YamuxHeader.Bytes + data.Length;
        if (_buffer is null) _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(FirstBuffer, _lastCount)));
        else if (needed > _buffer.Length) Grow(needed);
        header.Write(_buffer.AsSpan(Count));
        data.CopyTo(_buffer.AsSpan(Count + YamuxHeader.Bytes));
        Count = needed;
    }

    /// <summary>Hands out everything; the array is the caller's, to give back to the shared pool.</summary>
    public ArraySegment<byte> Take()
    {
        var taken = new ArraySegment<byte>(_buffer ?? [], 0, Count);
        (_lastCount, _buffer, Count) = (Count, null, 0);
        return taken;
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _buffer!.Length));
        _buffer.AsSpan(0, Count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
