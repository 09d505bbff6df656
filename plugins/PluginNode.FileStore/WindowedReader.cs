namespace PluginNode.FileStore;

/// <summary>Reads a file front to back with few calls, also when bodies are skipped. For one thread.</summary>
internal sealed class WindowedReader(IDiskFile file)
{
    private const int WindowBytes = 256 * 1024;

    private byte[] _window = new byte[WindowBytes];
    private long _start;
    private int _count;

    public long Length { get; } = file.Length;

    /// <summary>The bytes at an offset: fewer than asked only at the end. Valid until the next call.</summary>
    public ReadOnlySpan<byte> At(long offset, int count)
    {
        count = (int)Math.Min(count, Math.Max(0, Length - offset));
        if (offset < _start || offset + count > _start + _count) Fill(offset, count);
        return _window.AsSpan((int)(offset - _start), count);
    }

    /// <summary>Behind the last byte in the range that is not zero; <paramref name="from"/> where all are.</summary>
    public long EndOfData(long from, long to)
    {
        var end = from;
        for (var at = from; at < to; at += WindowBytes)
        {
            var last = At(at, (int)Math.Min(WindowBytes, to - at)).LastIndexOfAnyExcept((byte)0);
            if (last >= 0) end = at + last + 1;
        }
        return end;
    }

    private void Fill(long offset, int count)
    {
        if (_window.Length < count) _window = new byte[count];
        (_start, _count) = (offset, 0);
        while (_count < _window.Length)
        {
            var read = file.Read(offset + _count, _window.AsSpan(_count));
            if (read == 0) break;
            _count += read;
        }
    }
}
