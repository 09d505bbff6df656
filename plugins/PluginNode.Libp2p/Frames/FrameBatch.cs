using System.Buffers;
using System.Buffers.Binary;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>What stands before the frames of a batch.</summary>
/// <param name="Bytes">All that follows the length: the rest of the head, and the frames.</param>
/// <param name="Number">Of the batch on its stream: 1, 2, ….</param>
/// <param name="Clock">The sender's, in milliseconds since 1970.</param>
/// <param name="Count">Frames.</param>
internal readonly record struct BatchHead(int Bytes, uint Number, long Clock, int Count)
{
    /// <summary>Bytes of the head on the wire.</summary>
    public const int Length = 20;

    /// <summary>Those of them that <see cref="Bytes"/> counts.</summary>
    public const int Counted = Length - sizeof(uint);

    /// <summary>Bytes of the frames, each after its length.</summary>
    public int Rest => Bytes - Counted;

    /// <summary>Reads it and holds it against the limits, before anything is allocated for it.</summary>
    /// <exception cref="Libp2pException">It is malformed or over a limit.</exception>
    public static BatchHead Read(ReadOnlySpan<byte> bytes, int maxBatch)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var count = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        if (length > maxBatch)
            throw new Libp2pException(Libp2pFault.Limit, $"A batch of {length} bytes; {maxBatch} are taken.");
        if (count is 0 or > FrameWire.MaxFrames || length < Counted + (count * sizeof(uint)))
            throw Libp2pException.Malformed($"A batch of {length} bytes cannot have {count} frames.");
        return new BatchHead(
            (int)length, BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[8..]), (int)count);
    }
}

/// <summary>A batch on its way out, in one pooled buffer: the caller's frames are not touched after it is
/// made.</summary>
internal sealed class FrameBatch : IDisposable
{
    private readonly byte[] _pooled;
    private readonly int _length = BatchHead.Length;

    /// <param name="frames">All frames of the send.</param>
    /// <param name="first">The first of this batch.</param>
    /// <param name="count">How many, as <see cref="Fitting"/> has found.</param>
    /// <param name="number">Of the batch on its stream.</param>
    /// <param name="clock">Milliseconds since 1970.</param>
    public FrameBatch(IReadOnlyList<Frame> frames, int first, int count, uint number, long clock)
    {
        for (var i = first; i < first + count; i++) _length += sizeof(uint) + frames[i].Bytes.Length;
        _pooled = ArrayPool<byte>.Shared.Rent(_length);
        BinaryPrimitives.WriteInt32BigEndian(_pooled, _length - sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(_pooled.AsSpan(4), number);
        BinaryPrimitives.WriteInt64BigEndian(_pooled.AsSpan(8), clock);
        BinaryPrimitives.WriteInt32BigEndian(_pooled.AsSpan(16), count);
        var at = BatchHead.Length;
        for (var i = first; i < first + count; i++)
        {
            var frame = frames[i].Bytes;
            BinaryPrimitives.WriteInt32BigEndian(_pooled.AsSpan(at), frame.Length);
            frame.CopyTo(_pooled.AsMemory(at + sizeof(uint)));
            at += sizeof(uint) + frame.Length;
        }
    }

    /// <summary>What goes over the wire; until it is disposed.</summary>
    public ReadOnlyMemory<byte> Bytes => _pooled.AsMemory(0, _length);

    /// <summary>How many frames from <paramref name="first"/> on fit into one batch, and its size as the limit counts
    /// it. Where not even one fits the count is 0.</summary>
    public static (int Count, long Bytes) Fitting(IReadOnlyList<Frame> frames, int first, int maxBatch)
    {
        long bytes = BatchHead.Counted;
        var count = 0;
        while (first + count < frames.Count && count < FrameWire.MaxFrames)
        {
            var more = sizeof(uint) + frames[first + count].Bytes.Length;
            if (bytes + more > maxBatch) break;
            bytes += more;
            count++;
        }
        return (count, bytes);
    }

    /// <summary>Cuts what follows a head into its frames without copying.</summary>
    /// <exception cref="Libp2pException">It is not exactly so many frames.</exception>
    public static ReadOnlyMemory<byte>[] Split(ReadOnlyMemory<byte> rest, int count)
    {
        var frames = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            if (rest.Length < sizeof(uint)) throw Cut();
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest.Span);
            rest = rest[sizeof(uint)..];
            if (length > rest.Length) throw Cut();
            frames[i] = rest[..(int)length];
            rest = rest[(int)length..];
        }
        return rest.IsEmpty ? frames : throw Libp2pException.Malformed("A batch has bytes behind its last frame.");
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_pooled);

    private static Libp2pException Cut() => Libp2pException.Malformed("A frame is longer than its batch.");
}
