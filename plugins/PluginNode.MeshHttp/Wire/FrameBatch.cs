using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using PluginNode.Transports;

namespace PluginNode.MeshHttp.Wire;

/// <summary>
/// The body of a request: the count, and before each frame its length (32 bits, big endian). Small frames are put
/// together in one pooled buffer, so that they are not handled one by one; large ones are read from where they are.
/// </summary>
internal sealed class FrameBatch : IDisposable
{
    private const int LargeFrame = 16 * 1024;

    private readonly byte[] _pooled;
    private readonly List<ReadOnlyMemory<byte>> _segments = [];

    /// <param name="frames">All frames of the send.</param>
    /// <param name="first">The first of this batch.</param>
    /// <param name="count">How many, as <see cref="Fitting"/> has found.</param>
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

    /// <summary>How many frames from <paramref name="first"/> on fit into one body; at least one, as no frame is larger
    /// than the transport says.</summary>
    public static int Fitting(IReadOnlyList<Frame> frames, int first, int maxBytes)
    {
        long bytes = sizeof(int);
        var count = 0;
        while (first + count < frames.Count && count < MeshWire.MaxFrames)
        {
            bytes += sizeof(int) + frames[first + count].Bytes.Length;
            if (bytes > maxBytes && count > 0) break;
            count++;
        }
        return count;
    }

    /// <summary>Cuts a body into its frames without copying. Null when it is not exactly such a body.</summary>
    public static ReadOnlyMemory<byte>[]? Split(ReadOnlyMemory<byte> body)
    {
        if (body.Length < sizeof(int)) return null;
        var count = BinaryPrimitives.ReadUInt32BigEndian(body.Span);
        body = body[sizeof(int)..];
        if (count is 0 or > MeshWire.MaxFrames) return null;
        var frames = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < frames.Length; i++)
        {
            if (body.Length < sizeof(int)) return null;
            var length = BinaryPrimitives.ReadUInt32BigEndian(body.Span);
            body = body[sizeof(int)..];
            if (length > body.Length) return null;
            frames[i] = body[..(int)length];
            body = body[(int)length..];
        }
        return body.IsEmpty ? frames : null;
    }

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
