using System.Buffers;

namespace PluginNode.Events;

/// <summary>Where a kind writes an event's content: pooled, and bounded, because a kind is not the kernel's code. Used
/// on one thread.</summary>
internal sealed class ContentBuffer : IBufferWriter<byte>, IDisposable
{
    private const int MostBytes = 1 << 20;
    private const int FirstBytes = 1 << 10;

    private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    public ReadOnlySpan<byte> Written => Bytes.AsSpan(0, _length);

    private byte[] Bytes => _bytes ?? throw new InvalidOperationException("The content was written too late.");

    public void Advance(int count)
    {
        if (count < 0 || count > Bytes.Length - _length) throw new ArgumentOutOfRangeException(nameof(count));
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => WithRoom(sizeHint).AsMemory(_length);

    public Span<byte> GetSpan(int sizeHint = 0) => WithRoom(sizeHint).AsSpan(_length);

    public void Dispose()
    {
        if (_bytes is { } bytes) ArrayPool<byte>.Shared.Return(bytes);
        _bytes = null;
    }

    private byte[] WithRoom(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var bytes = Bytes;
        var room = Math.Max(sizeHint, 1);
        if (bytes.Length - _length >= room) return bytes;
        if (room > MostBytes - _length)
            throw new InvalidOperationException($"An event's content has at most {MostBytes} bytes.");
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(MostBytes, Math.Max(2 * bytes.Length, _length + room)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        return _bytes = larger;
    }
}
