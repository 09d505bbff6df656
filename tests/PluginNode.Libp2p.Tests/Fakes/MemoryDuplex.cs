using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Fakes;

/// <summary>A connection in memory: what one end writes the other one reads, in pieces of any size.</summary>
internal sealed class MemoryDuplex : DuplexStream
{
    private const int Capacity = 64 * 1024;

    private readonly ReceiveBuffer _incoming = new();
    private readonly AsyncSignal _room = new();
    private MemoryDuplex _other = null!;
    private volatile bool _gone;

    /// <summary>Everything that this end wrote, where it is kept.</summary>
    public MemoryStream? Written { get; init; }

    /// <summary>Whether it takes what it is given and passes nothing on.</summary>
    public bool IsBlackHole { get; set; }

    public static (MemoryDuplex A, MemoryDuplex B) Pair(bool keep = false)
    {
        var a = new MemoryDuplex { Written = keep ? new MemoryStream() : null };
        var b = new MemoryDuplex { Written = keep ? new MemoryStream() : null };
        (a._other, b._other) = (b, a);
        return (a, b);
    }

    /// <summary>The other end reads to the end of what was written.</summary>
    public void CloseWrite() => _other._incoming.End();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_incoming.TryRead(buffer.Span) is { } count)
            {
                _other._room.Set();
                return count;
            }
            await _incoming.ChangedAsync(cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Written?.Write(buffer.Span);
        while (!buffer.IsEmpty && !IsBlackHole)
        {
            while (_other._incoming.Count >= Capacity && !_gone) await _room.WaitAsync(cancellationToken);
            if (_gone) throw new IOException("This end is gone.");
            var part = buffer[..Math.Min(buffer.Length, Capacity)];
            if (!_other._incoming.Add(part.Span)) throw new IOException("The other end is gone.");
            buffer = buffer[part.Length..];
        }
    }

    public override ValueTask DisposeAsync()
    {
        _gone = true;
        _incoming.Fail(new Libp2pException(Libp2pFault.Closed, "This end was disposed of."));
        _other._incoming.End();
        _room.Set();
        _other._room.Set();
        return default;
    }
}
