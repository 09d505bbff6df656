using System.Security.Cryptography;

namespace PluginNode.Wire;

/// <summary>
/// Checks frames that came together: once a path has led to a signed root, the hashes on it and their siblings are
/// known to stand under that root, and the next frame's path is followed only until it meets one of them. Used on one
/// thread, for one batch.
/// </summary>
internal sealed class FrameProofs(FrameProofs.VerifyRoot verifyRoot)
{
    private readonly HashSet<UInt128> _proven = [];
    private readonly List<UInt128> _path = [];
    private byte[] _signature = [];
    private UInt128 _scope;

    /// <summary>Whether the sender signed that root.</summary>
    public delegate bool VerifyRoot(ReadOnlySpan<byte> root, ReadOnlySpan<byte> signature);

    /// <summary>Whether the leaf stands under a root that the sender signed.</summary>
    public bool Verify(
        ReadOnlySpan<byte> leaf, ReadOnlySpan<byte> proof, uint index, uint count, ReadOnlySpan<byte> signature)
    {
        if (count > FrameTree.MaxLeaves || index >= Math.Max(count, 1) || proof.Length % FrameTree.HashBytes != 0)
            return false;
        _path.Clear();
        var scope = ScopeOf(signature);
        Span<byte> hash = stackalloc byte[FrameTree.HashBytes];
        leaf.CopyTo(hash);
        for (var width = count; ; width = (width + 1) / 2, index /= 2)
        {
            var name = FrameCodec.Short(hash) ^ scope;
            if (_proven.Contains(name)) break;
            _path.Add(name);
            if (width <= 1)
            {
                if (!proof.IsEmpty || !verifyRoot(hash, signature)) return false;
                break;
            }
            if ((index ^ 1) >= width) continue;
            if (proof.IsEmpty) return false;
            var sibling = proof[..FrameTree.HashBytes];
            proof = proof[FrameTree.HashBytes..];
            _path.Add(FrameCodec.Short(sibling) ^ scope);
            if ((index & 1) == 0) FrameTree.Node(hash, sibling, hash);
            else FrameTree.Node(sibling, hash, hash);
        }
        foreach (var name in _path) _proven.Add(name);
        return true;
    }

    /// <summary>The signature is part of what was proven: the same leaf under another signature is checked
    /// again.</summary>
    private UInt128 ScopeOf(ReadOnlySpan<byte> signature)
    {
        if (_signature.Length > 0 && signature.SequenceEqual(_signature)) return _scope;
        _signature = signature.ToArray();
        return _scope = FrameCodec.Short(SHA256.HashData(signature));
    }
}
