using PluginNode.Wire;

namespace PluginNode.Kernel.Tests.Wire;

[TestFixture]
public sealed class FrameTreeTests
{
    [Test]
    public void Verify_EveryLeafOfEveryWidth_WithOneSignatureCheckForAll([Range(1, 40)] int count)
    {
        var leaves = Leaves(count);
        var tree = Tree(leaves);
        var root = tree.Root.ToArray();
        var checks = 0;
        var proofs = new FrameProofs((r, _) =>
        {
            checks++;
            return r.SequenceEqual(root);
        });
        for (var i = 0; i < count; i++)
            Assert.That(proofs.Verify(leaves[i], Proof(tree, i), (uint)i, (uint)count, new byte[64]), Is.True, $"leaf {i}");
        Assert.That(checks, Is.EqualTo(1));
    }

    [Test]
    public void Verify_AnyLeafAlone_NeedsNothingOfTheOthers()
    {
        var leaves = Leaves(13);
        var tree = Tree(leaves);
        var root = tree.Root.ToArray();
        for (var i = 0; i < leaves.Length; i++)
            Assert.That(New(root).Verify(leaves[i], Proof(tree, i), (uint)i, 13, new byte[64]), Is.True, $"leaf {i}");
    }

    [Test]
    public void Verify_ForeignLeafWrongPlaceOrChangedProof_IsFalse()
    {
        var leaves = Leaves(8);
        var tree = Tree(leaves);
        var root = tree.Root.ToArray();
        var foreign = Leaf(9, 9);
        var changed = Proof(tree, 3);
        changed[5] ^= 1;
        Assert.Multiple(() =>
        {
            Assert.That(New(root).Verify(foreign, Proof(tree, 3), 3, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], Proof(tree, 3), 4, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], changed, 3, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], Proof(tree, 3).AsSpan(0, 64), 3, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], Proof(tree, 3), 3, uint.MaxValue, new byte[64]), Is.False);
        });
    }

    [Test]
    public void Verify_LeafProvenUnderOneSignature_IsNotUnderAnother()
    {
        var leaves = Leaves(4);
        var tree = Tree(leaves);
        var proofs = new FrameProofs((_, signature) => signature[0] == 0);
        var bad = new byte[64];
        bad[0] = 1;
        Assert.That(proofs.Verify(leaves[1], Proof(tree, 1), 1, 4, new byte[64]), Is.True);
        Assert.That(proofs.Verify(leaves[1], Proof(tree, 1), 1, 4, bad), Is.False);
    }

    private static FrameProofs New(byte[] root) => new((r, _) => r.SequenceEqual(root));

    private static byte[][] Leaves(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Leaf(1, (ulong)i))];

    private static byte[] Leaf(ulong epoch, ulong position)
    {
        var leaf = new byte[FrameTree.HashBytes];
        FrameTree.Leaf(epoch, position, new byte[32], leaf);
        return leaf;
    }

    private static FrameTree Tree(byte[][] leaves)
    {
        var tree = new FrameTree(leaves.Length);
        for (var i = 0; i < leaves.Length; i++) leaves[i].CopyTo(tree.LeafAt(i));
        tree.Build();
        return tree;
    }

    private static byte[] Proof(FrameTree tree, int index)
    {
        var proof = new byte[tree.MaxProofBytes];
        return proof[..tree.WriteProof(index, proof)];
    }
}
