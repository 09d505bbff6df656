using System.Buffers.Binary;
using PluginNode.Conformance.Fakes;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>Batches as bytes, and their bounds.</summary>
[TestFixture]
internal sealed class FrameBatchTests
{
    [Test]
    public void Batch_IsAsTheReadmeSays()
    {
        Frame[] frames = [new Frame(Guid.Empty, "ab"u8.ToArray()), new Frame(Guid.Empty, "c"u8.ToArray())];
        using var batch = new FrameBatch(frames, 0, 2, 7, 0x0102);
        Assert.That(Convert.ToHexStringLower(batch.Bytes.Span), Is.EqualTo(
            "0000001b" + "00000007" + "0000000000000102" + "00000002" + "000000026162" + "0000000163"));
    }

    [Test]
    public void Split_WhatWasMade_IsTheSame_AndOnlyThat()
    {
        var frames = SomeFrames.Of(5, 40);
        using var batch = new FrameBatch(frames, 1, 3, 1, 2);
        var head = BatchHead.Read(batch.Bytes.Span, 4096);
        var rest = batch.Bytes[BatchHead.Length..];
        Assert.That((head.Count, head.Number, head.Clock, head.Rest), Is.EqualTo((3, 1u, 2L, rest.Length)));
        Assert.That(FrameBatch.Split(rest, 3).Select(f => f.ToArray()),
            Is.EqualTo(frames[1..4].Select(f => f.Bytes.ToArray())));
        Assert.That(() => FrameBatch.Split(rest[..^1], 3), Throws.InstanceOf<Libp2pException>());
        Assert.That(() => FrameBatch.Split(rest, 2), Throws.InstanceOf<Libp2pException>());
        Assert.That(() => FrameBatch.Split(rest, 4), Throws.InstanceOf<Libp2pException>());
    }

    [TestCase(4097u, 1u, Libp2pFault.Limit)]
    [TestCase(uint.MaxValue, 1u, Libp2pFault.Limit)]
    [TestCase(100u, 0u, Libp2pFault.Malformed)]
    [TestCase(100u, uint.MaxValue, Libp2pFault.Malformed)]
    [TestCase(100u, 22u, Libp2pFault.Malformed)]
    [TestCase(0u, 1u, Libp2pFault.Malformed)]
    public void Head_OverALimit_IsRefused(uint length, uint count, Libp2pFault fault)
    {
        var bytes = new byte[BatchHead.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, length);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), count);
        var problem = Assert.Throws<Libp2pException>(() => BatchHead.Read(bytes, 4096));
        Assert.That(problem!.Fault, Is.EqualTo(fault));
    }

    [Test]
    public void Fitting_TakesWhatTheLimitAllows_ToTheByte()
    {
        var frames = SomeFrames.Of(3, 100);
        Assert.That(FrameBatch.Fitting(frames, 0, 16 + 208), Is.EqualTo((2, 224L)));
        Assert.That(FrameBatch.Fitting(frames, 0, 16 + 207), Is.EqualTo((1, 120L)));
        Assert.That(FrameBatch.Fitting(frames, 2, 4096), Is.EqualTo((1, 120L)));
        Assert.That(FrameBatch.Fitting(frames, 0, 119).Count, Is.Zero);
        Assert.That(FrameBatch.Fitting(SomeFrames.Of(5000, 16), 0, 1 << 20).Count, Is.EqualTo(FrameWire.MaxFrames));
    }
}
