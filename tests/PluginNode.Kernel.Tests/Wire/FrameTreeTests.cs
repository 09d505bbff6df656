using PluginNode.Wire;

namespace PluginNode.Kernel.Tests.Wire;

[TestFixture]
public sealed class FrameTreeTests
{
    [Test]
    public void Verify_EveryLeafOfEveryWidth_WithOneSignatureCheckForAll([Range(1, 40)] int count)
    {
        var leaves = Leaves(count);
        var tree = new FrameTree(leaves);
        var root = tree.Root.ToArray();
        var checks = 0;
        var proofs = new FrameProofs((r, _) =>
        {
            checks++;
            return r.Span.SequenceEqual(root);
        });
        for (var i = 0; i < count; i++)
            Assert.That(proofs.Verify(leaves[i], tree.Proof(i), (uint)i, (uint)count, new byte[64]), Is.True, $"leaf {i}");
        Assert.That(checks, Is.EqualTo(1));
    }

    [Test]
    public void Verify_AnyLeafAlone_NeedsNothingOfTheOthers()
    {
        var leaves = Leaves(13);
        var tree = new FrameTree(leaves);
        var root = tree.Root.ToArray();
        for (var i = 0; i < leaves.Length; i++)
            Assert.That(New(root).Verify(leaves[i], tree.Proof(i), (uint)i, 13, new byte[64]), Is.True, $"leaf {i}");
    }

    [Test]
    public void Verify_ForeignLeafWrongPlaceOrChangedProof_IsFalse()
    {
        var leaves = Leaves(8);
        var tree = new FrameTree(leaves);
        var root = tree.Root.ToArray();
        var foreign = FrameTree.Leaf(9, 9, new byte[32]);
        var changed = tree.Proof(3);
        changed[5] ^= 1;
        Assert.Multiple(() =>
        {
            Assert.That(New(root).Verify(foreign, tree.Proof(3), 3, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], tree.Proof(3), 4, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], changed, 3, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], tree.Proof(3).AsSpan(0, 64), 3, 8, new byte[64]), Is.False);
            Assert.That(New(root).Verify(leaves[3], tree.Proof(3), 3, uint.MaxValue, new byte[64]), Is.False);
        });
    }

    [Test]
    public void Verify_LeafProvenUnderOneSignature_IsNotUnderAnother()
    {
        var leaves = Leaves(4);
        var tree = new FrameTree(leaves);
        var proofs = new FrameProofs((_, signature) => signature.Span[0] == 0);
        var bad = new byte[64];
        bad[0] = 1;
        Assert.That(proofs.Verify(leaves[1], tree.Proof(1), 1, 4, new byte[64]), Is.True);
        Assert.That(proofs.Verify(leaves[1], tree.Proof(1), 1, 4, bad), Is.False);
    }

    private static FrameProofs New(byte[] root) => new((r, _) => r.Span.SequenceEqual(root));

    private static byte[][] Leaves(int count) =>
        [.. Enumerable.Range(0, count).Select(i => FrameTree.Leaf(1, (ulong)i, new byte[32]))];
}
