using PluginNode.MeshHttp.Wire;
using PluginNode.Transports;
using static PluginNode.MeshHttp.Tests.Fakes.TestNode;

namespace PluginNode.MeshHttp.Tests;

[TestFixture]
internal sealed class BatchContentTests
{
    [TestCase(100, 20_000, 9)]
    [TestCase(10, 300_000, 20)]
    [TestCase(1, 10, 1)]
    [TestCase(4096, 200, 4)]
    public async Task Write_ManyFrames_TakesFewWritesAndKeepsEveryByte(int frames, int bytes, int writes)
    {
        using var batch = new FrameBatch(SomeFrames(frames, bytes), 0, frames);

        await AssertWritesAsync(batch, writes);
    }

    [Test]
    public async Task Write_SizesMixed_KeepsEveryByte()
    {
        Frame[] frames = [.. new[] { 16, 262_144, 262_140, 20_000, 262_145, 1_000_000, 99, 16_384 }.Select(SomeFrame)];
        using var batch = new FrameBatch(frames, 0, frames.Length);

        await AssertWritesAsync(batch, 10);
    }

    private static async Task AssertWritesAsync(FrameBatch batch, int writes)
    {
        using var content = new BatchContent(batch);
        using var stream = new CountingStream();

        await content.CopyToAsync(stream);

        Assert.That(stream.ToArray(), Is.EqualTo(batch.Segments.SelectMany(s => s.ToArray())));
        Assert.That(stream.Writes, Is.LessThanOrEqualTo(writes));
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes++;
            Assert.That(buffer.IsEmpty, Is.False);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
