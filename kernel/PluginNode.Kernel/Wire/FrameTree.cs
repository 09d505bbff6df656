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

    private readonly List<byte[][]> _levels = [];

    /// <param name="leaves">1 to <see cref="MaxLeaves"/> hashes; not changed.</param>
    public FrameTree(byte[][] leaves)
    {
        _levels.Add(leaves);
        for (var level = leaves; level.Length > 1;)
        {
            var above = new byte[(level.Length + 1) / 2][];
            for (var i = 0; i < above.Length; i++)
                above[i] = (2 * i) + 1 < level.Length ? Node(level[2 * i], level[(2 * i) + 1]) : level[2 * i];
            _levels.Add(level = above);
        }
    }

    public ReadOnlySpan<byte> Root => _levels[^1][0];

    /// <summary>The siblings from a leaf upwards, one after the other.</summary>
    public byte[] Proof(int index)
    {
        var proof = new List<byte>(HashBytes * (_levels.Count - 1));
        for (var l = 0; l < _levels.Count - 1; l++, index /= 2)
            if ((index ^ 1) < _levels[l].Length) proof.AddRange(_levels[l][index ^ 1]);
        return [.. proof];
    }

    public static byte[] Leaf(ulong epoch, ulong position, ReadOnlySpan<byte> envelopeHash)
    {
        Span<byte> text = stackalloc byte[1 + 4 + 8 + 8 + HashBytes];
        text[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(text[1..], FrameCodec.Version);
        BinaryPrimitives.WriteUInt64BigEndian(text[5..], epoch);
        BinaryPrimitives.WriteUInt64BigEndian(text[13..], position);
        envelopeHash.CopyTo(text[21..]);
        return SHA256.HashData(text);
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> text = stackalloc byte[1 + (2 * HashBytes)];
        text[0] = 1;
        left.CopyTo(text[1..]);
        right.CopyTo(text[(1 + HashBytes)..]);
        return SHA256.HashData(text);
    }
}

/// <summary>
/// Checks frames that came together: once a path has led to a signed root, the hashes on it and their siblings are
/// known to stand under that root, and the next frame's path is followed only until it meets one of them. Used on one
/// thread, for one batch.
/// </summary>
internal sealed class FrameProofs(Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, bool> verifyRoot)
{
    private readonly HashSet<UInt128> _proven = [];

    /// <summary>Whether the leaf stands under a root that the sender signed.</summary>
    public bool Verify(byte[] leaf, ReadOnlySpan<byte> proof, uint index, uint count, ReadOnlyMemory<byte> signature)
    {
        if (count > FrameTree.MaxLeaves || index >= Math.Max(count, 1) || proof.Length % FrameTree.HashBytes != 0)
            return false;
        // The signature is part of what was proven: the same leaf under another signature is checked again.
        var scope = FrameCodec.Short(SHA256.HashData(signature.Span));
        var path = new List<UInt128>();
        var hash = leaf;
        for (var width = count; ; width = (width + 1) / 2, index /= 2)
        {
            var name = FrameCodec.Short(hash) ^ scope;
            if (_proven.Contains(name)) break;
            path.Add(name);
            if (width <= 1)
            {
                if (!proof.IsEmpty || !verifyRoot(hash, signature)) return false;
                break;
            }
            if ((index ^ 1) >= width) continue;
            if (proof.IsEmpty) return false;
            var sibling = proof[..FrameTree.HashBytes];
            proof = proof[FrameTree.HashBytes..];
            path.Add(FrameCodec.Short(sibling) ^ scope);
            hash = (index & 1) == 0 ? FrameTree.Node(hash, sibling) : FrameTree.Node(sibling, hash);
        }
        _proven.UnionWith(path);
        return true;
    }
}
