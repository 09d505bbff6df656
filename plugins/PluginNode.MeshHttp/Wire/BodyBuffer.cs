using System.Buffers;
using System.Security.Cryptography;

namespace PluginNode.MeshHttp.Wire;

/// <summary>Collects a body in pooled pieces: its digest stands in the headers, so that it is there as a whole before
/// its first byte goes out. For one thread at a time.</summary>
internal sealed class BodyBuffer : IBufferWriter<byte>, IDisposable
{
    private const int Piece = 64 * 1024;

    private readonly List<byte[]> _pieces = [];
    private readonly List<int> _lengths = [];

    public long Length { get; private set; }

    public IEnumerable<ReadOnlyMemory<byte>> Pieces =>
        _pieces.Zip(_lengths, (piece, length) => (ReadOnlyMemory<byte>)piece.AsMemory(0, length));

    public void Advance(int count)
    {
        _lengths[^1] += count;
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_pieces.Count == 0 || _pieces[^1].Length - _lengths[^1] < Math.Max(1, sizeHint))
        {
            _pieces.Add(ArrayPool<byte>.Shared.Rent(Math.Max(Piece, sizeHint)));
            _lengths.Add(0);
        }
        return _pieces[^1].AsMemory(_lengths[^1]);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>A copy in one piece, which stays.</summary>
    public byte[] ToArray()
    {
        var whole = new byte[Length];
        var written = 0;
        foreach (var piece in Pieces)
        {
            piece.CopyTo(whole.AsMemory(written));
            written += piece.Length;
        }
        return whole;
    }

    /// <summary>The SHA-256 of all that was written.</summary>
    public byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var piece in Pieces) hash.AppendData(piece.Span);
        return hash.GetHashAndReset();
    }

    public void Dispose()
    {
        foreach (var piece in _pieces) ArrayPool<byte>.Shared.Return(piece);
        _pieces.Clear();
        _lengths.Clear();
    }
}
