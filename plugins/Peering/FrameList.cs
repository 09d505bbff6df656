using System.Buffers.Binary;
using PluginNode.Transports;

namespace PluginNode.Peering;

/// <summary>The body of a request that carries frames: the count, and before each frame its length (32 bits, big
/// endian).</summary>
internal static class FrameList
{
    public const int MaxFrames = 4096;

    /// <summary>How many frames from <paramref name="first"/> on fit into one body; at least one, even where it alone
    /// is larger.</summary>
    public static int Fitting(IReadOnlyList<Frame> frames, int first, int maxBytes)
    {
        long bytes = sizeof(int);
        var count = 0;
        while (first + count < frames.Count && count < MaxFrames)
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
        if (count is 0 or > MaxFrames) return null;
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
}
