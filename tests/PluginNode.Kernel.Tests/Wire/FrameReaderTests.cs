using Google.Protobuf;
using PluginNode.Wire;

namespace PluginNode.Kernel.Tests.Wire;

/// <summary>Our reader against the library's parser.</summary>
[TestFixture]
public sealed class FrameReaderTests
{
    [Test]
    public void TryRead_WhateverItAccepts_TheLibraryReadsAlike()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Some(random).ToByteArray();
            for (var changes = random.Next(4); changes > 0; changes--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0) bytes = bytes[..random.Next(bytes.Length)];
            if (!FrameReader.TryRead(bytes, out var ours)) continue;
            accepted++;
            var theirs = Frame.Parser.ParseFrom(bytes);
            Assert.Multiple(() =>
            {
                Assert.That(ours.Version, Is.EqualTo(theirs.Version));
                Assert.That(ours.Envelope.Span.SequenceEqual(theirs.Envelope.Span), Is.True);
                Assert.That(ours.Epoch, Is.EqualTo(theirs.Epoch));
                Assert.That(ours.Position, Is.EqualTo(theirs.Position));
                Assert.That(ours.Signature.Span.SequenceEqual(theirs.Signature.Span), Is.True);
                Assert.That(ours.Proof.Span.SequenceEqual(theirs.Proof.Span), Is.True);
                Assert.That((ours.Index, ours.Count), Is.EqualTo((theirs.Index, theirs.Count)));
            });
        }
        Assert.That(accepted, Is.GreaterThan(5000));
    }

    [Test]
    public void TryRead_AnUnknownField_IsSkipped()
    {
        byte[] later = [.. Some(new Random(1)).ToByteArray(), 0x4A, 2, 7, 7]; // field 9, two bytes
        Assert.That(FrameReader.TryRead(later, out var frame), Is.True);
        Assert.That(frame.Envelope.Length, Is.GreaterThan(0));
    }

    private static Frame Some(Random random) => new()
    {
        Version = (uint)random.Next(3),
        Envelope = Bytes(random, 1 + random.Next(300)),
        Epoch = (ulong)random.NextInt64(),
        Position = (ulong)random.NextInt64(),
        Signature = Bytes(random, 64),
        Proof = Bytes(random, 32 * random.Next(4)),
        Index = (uint)random.Next(),
        Count = (uint)random.Next(),
    };

    private static ByteString Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
