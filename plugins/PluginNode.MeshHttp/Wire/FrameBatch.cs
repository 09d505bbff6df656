using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Wire;

/// <summary>
/// The body of a request, as <see cref="FrameList"/> has it. Small frames are put together in one pooled buffer, so
/// that they are not handled one by one; large ones are read from where they are.
/// </summary>
internal sealed class FrameBatch : IDisposable
{
    private const int LargeFrame = 16 * 1024;

    private readonly byte[] _pooled;
    private readonly List<ReadOnlyMemory<byte>> _segments = [];

    /// <param name="frames">All frames of the send.</param>
    /// <param name="first">The first of this batch.</param>
    /// <param name="count">How many, as <see cref="FrameList.Fitting"/> has found.</param>
    public FrameBatch(IReadOnlyList<Frame> frames, int first, int count)
    {
        var copied = sizeof(int) * (1 + count);
        for (var i = first; i < first + count; i++)
            if (frames[i].Bytes.Length < LargeFrame) copied += frames[i].Bytes.Length;
        _pooled = ArrayPool<byte>.Shared.Rent(copied);

        int start = 0, at = 0;
        Put(count, ref at);
        for (var i = first; i < first + count; i++)
        {
            var frame = frames[i].Bytes;
            Put(frame.Length, ref at);
            if (frame.Length < LargeFrame)
            {
                frame.CopyTo(_pooled.AsMemory(at));
                at += frame.Length;
                continue;
            }
            _segments.Add(_pooled.AsMemory(start, at - start));
            _segments.Add(frame);
            start = at;
        }
        if (at > start) _segments.Add(_pooled.AsMemory(start, at - start));
        foreach (var segment in _segments) Length += segment.Length;
        Digest = Hash(_segments);
    }

    public long Length { get; }

    public byte[] Digest { get; }

    public IReadOnlyList<ReadOnlyMemory<byte>> Segments => _segments;

    /// <summary>Gives the buffer back. Nothing may still be writing it.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_pooled);

    private static byte[] Hash(List<ReadOnlyMemory<byte>> segments)
    {
        if (segments.Count == 1) return SHA256.HashData(segments[0].Span);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in segments) hash.AppendData(segment.Span);
        return hash.GetHashAndReset();
    }

    private void Put(int number, ref int at)
    {
        BinaryPrimitives.WriteInt32BigEndian(_pooled.AsSpan(at), number);
        at += sizeof(int);
    }
}
