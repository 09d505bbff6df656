using System.Buffers;
using System.Text;

namespace PluginNode.Events;

/// <summary>Where a kind writes an event's content: pooled, and bounded, because a kind is not the kernel's code. Used
/// on one thread.</summary>
internal sealed class ContentBuffer : IBufferWriter<byte>, IDisposable
{
    private const int MostBytes = 1 << 20;
    private const int FirstBytes = 1 << 10;

    private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    /// <summary>One for that kind. For a service without a kind it begins with who tells it and a colon: no member of
    /// such data says by whom it is, and without that another one could sign the same data at the same time, under the
    /// same id, and be first. No two pairs of name and JSON give the same text.</summary>
    public static ContentBuffer For(IEventKind kind, string emitter)
    {
        var content = new ContentBuffer();
        if (kind is not CanonicalKind) return content;
        Encoding.UTF8.GetBytes(emitter, content);
        content.Write(":"u8);
        return content;
    }

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
