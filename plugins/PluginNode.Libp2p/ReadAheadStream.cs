namespace PluginNode.Libp2p;

/// <summary>
/// Reads a little ahead on a connection, so that the short messages of the upgrade don't cost a system call for each
/// byte. Large reads go through it as soon as it is empty.
/// </summary>
internal sealed class ReadAheadStream(Stream inner) : DuplexStream
{
    private readonly byte[] _buffer = new byte[2048];
    private int _start, _end;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _start == _end && buffer.Length >= _buffer.Length
            ? inner.ReadAsync(buffer, cancellationToken) : ReadAheadAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadAheadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_start == _end) (_end, _start) = (await inner.ReadAsync(_buffer, cancellationToken), 0);
        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
