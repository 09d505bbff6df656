using System.Buffers;

namespace PluginNode.Libp2p.Yamux;

/// <summary>
/// What a stream received and nobody has read yet, in pooled pieces. One side adds, another one reads; ends may come
/// from anywhere. Its lock is its own.
/// </summary>
internal sealed class ReceiveBuffer
{
    // The more lies unread, the larger the pieces: the pool keeps only so many of each size.
    private const int SmallPieceBytes = 1024;
    private const int PieceBytes = 16 * 1024;
    private const int LargePieceBytes = 64 * 1024;
    private const int HugePieceBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Piece> _pieces = new();
    private readonly AsyncSignal _arrived = new();
    private Piece? _last;
    private bool _ended, _dropped;
    private Libp2pException? _error;
    private int _count;

    private sealed class Piece(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;
        public int Start { get; set; }
        public int End { get; set; }
    }

    public int Count
    {
        get
        {
            lock (_gate) return _count;
        }
    }

    /// <summary>False where nobody will read it: then it was dropped.</summary>
    public bool Add(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_dropped || _error is not null) return false;
            _count += data.Length;
            while (!data.IsEmpty)
            {
                if (_last is null || _last.End == _last.Bytes.Length)
                {
                    var size = _count <= SmallPieceBytes ? SmallPieceBytes
                        : _count <= LargePieceBytes ? PieceBytes
                        : _count <= 4 * HugePieceBytes ? LargePieceBytes : HugePieceBytes;
                    _pieces.Enqueue(_last = new Piece(ArrayPool<byte>.Shared.Rent(size)));
                }
                var part = data[..Math.Min(data.Length, _last.Bytes.Length - _last.End)];
                part.CopyTo(_last.Bytes.AsSpan(_last.End));
                _last.End += part.Length;
                data = data[part.Length..];
            }
        }
        _arrived.Set();
        return true;
    }

    /// <summary>The remote has finished: what is here can still be read, then comes the end.</summary>
    public void End()
    {
        lock (_gate) _ended = true;
        _arrived.Set();
    }

    /// <summary>The stream is gone: unless it had ended before, nothing more can be read. Tells how much was
    /// dropped.</summary>
    public int Fail(Libp2pException error)
    {
        var dropped = 0;
        lock (_gate)
        {
            if (_ended || _error is not null) return 0;
            _error = error;
            dropped = Clear();
        }
        _arrived.Set();
        return dropped;
    }

    /// <summary>Nobody will read any more. Tells how much was dropped.</summary>
    public int Drop()
    {
        lock (_gate)
        {
            _dropped = true;
            return Clear();
        }
    }

    /// <summary>Takes what is there; null where nothing is and more may come, 0 at the end.</summary>
    /// <exception cref="Libp2pException">The stream was reset or its connection ended.</exception>
    public int? TryRead(Span<byte> buffer)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_dropped, typeof(YamuxStream));
            if (_error is { } error) throw new Libp2pException(error.Fault, error.Message, error);
            if (buffer.IsEmpty) return 0;
            if (_count == 0) return _ended ? 0 : null;
            var at = 0;
            while (at < buffer.Length && _pieces.TryPeek(out var piece))
            {
                var part = piece.Bytes.AsSpan(piece.Start, Math.Min(piece.End - piece.Start, buffer.Length - at));
                part.CopyTo(buffer[at..]);
                at += part.Length;
                piece.Start += part.Length;
                if (piece.Start < piece.End) break;
                Release(_pieces.Dequeue());
            }
            _count -= at;
            return at;
        }
    }

    /// <summary>Waits until something changes.</summary>
    public ValueTask ChangedAsync(CancellationToken cancellation) => _arrived.WaitAsync(cancellation);

    private int Clear()
    {
        var count = _count;
        while (_pieces.TryDequeue(out var piece)) Release(piece);
        _count = 0;
        return count;
    }

    private void Release(Piece piece)
    {
        if (piece == _last) _last = null;
        ArrayPool<byte>.Shared.Return(piece.Bytes);
    }
}
