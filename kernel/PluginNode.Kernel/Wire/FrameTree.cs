using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PluginNode.Wire;

/// <summary>
/// The hash tree over frames that are sent together (RFC 6962 in spirit: leaves and nodes have different prefixes), so
/// that one Ed25519 signature serves them all: signing and checking cost two hashes a frame instead of 30 to 160 µs.
/// </summary>
internal sealed class FrameTree
{
    public const int HashBytes = 32;
    public const int MaxLeaves = 4096;

    private readonly byte[] _hashes;
    private readonly List<(int Start, int Width)> _levels = [];

    /// <param name="leaves">1 to <see cref="MaxLeaves"/>; their hashes are put in with <see cref="LeafAt"/>.</param>
    public FrameTree(int leaves)
    {
        var nodes = 0;
        for (var width = leaves; ; width = (width + 1) / 2)
        {
            _levels.Add((nodes, width));
            nodes += width;
            if (width == 1) break;
        }
        _hashes = new byte[nodes * HashBytes];
    }

    public Span<byte> Root => At(_levels.Count - 1, 0);

    public Span<byte> LeafAt(int index) => At(0, index);

    /// <summary>Computes the nodes, when all leaves are in.</summary>
    public void Build()
    {
        for (var level = 1; level < _levels.Count; level++)
        {
            for (var i = 0; i < _levels[level].Width; i++)
            {
                var left = At(level - 1, 2 * i);
                if ((2 * i) + 1 < _levels[level - 1].Width) Node(left, At(level - 1, (2 * i) + 1), At(level, i));
                else left.CopyTo(At(level, i));
            }
        }
    }

    /// <summary>Writes the siblings from a leaf upwards, one after the other; returns how many bytes that
    /// are.</summary>
    public int WriteProof(int index, Span<byte> proof)
    {
        var written = 0;
        for (var level = 0; level < _levels.Count - 1; level++, index /= 2)
        {
            if ((index ^ 1) >= _levels[level].Width) continue;
            At(level, index ^ 1).CopyTo(proof[written..]);
            written += HashBytes;
        }
        return written;
    }

    /// <summary>Most bytes of a proof in this tree.</summary>
    public int MaxProofBytes => (_levels.Count - 1) * HashBytes;

    public static void Leaf(ulong epoch, ulong position, ReadOnlySpan<byte> envelopeHash, Span<byte> leaf)
    {
        Span<byte> text = stackalloc byte[1 + 4 + 8 + 8 + HashBytes];
        text[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(text[1..], FrameCodec.Version);
        BinaryPrimitives.WriteUInt64BigEndian(text[5..], epoch);
        BinaryPrimitives.WriteUInt64BigEndian(text[13..], position);
        envelopeHash.CopyTo(text[21..]);
        SHA256.HashData(text, leaf);
    }

    public static void Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> node)
    {
        Span<byte> text = stackalloc byte[1 + (2 * HashBytes)];
        text[0] = 1;
        left.CopyTo(text[1..]);
        right.CopyTo(text[(1 + HashBytes)..]);
        SHA256.HashData(text, node);
    }

    private Span<byte> At(int level, int index) =>
        _hashes.AsSpan((_levels[level].Start + index) * HashBytes, HashBytes);
}
