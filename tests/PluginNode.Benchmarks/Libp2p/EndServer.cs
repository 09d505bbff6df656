using System.Buffers;
using System.Buffers.Binary;

namespace PluginNode.Benchmarks.Libp2p;

/// <summary>
/// The protocols that are measured, on any stream. tests/interop/bench.mjs speaks the same, with the same sizes.
/// <code>
/// bulk      bytes until the client finishes    → their number, 64 bits, big endian
/// messages  each of 1 KiB                      → a byte for each; those of one read with one write
/// hello     nothing                            → a byte
/// </code>
/// </summary>
internal static class EndServer
{
    public const string Bulk = "/bench/bulk/1", Messages = "/bench/messages/1", Hello = "/bench/hello/1";

    /// <summary>What bulk is written and everything is read with.</summary>
    public const int ChunkBytes = 64 * 1024;

    public const int MessageBytes = 1024;

    /// <summary>All of them; a plain connection begins with the number of one, counted from 0.</summary>
    public static readonly (string Name, Func<Stream, CancellationToken, Task> Serve)[] Protocols =
        [(Bulk, BulkAsync), (Messages, MessagesAsync), (Hello, HelloAsync)];

    private static Task BulkAsync(Stream stream, CancellationToken stop) => PooledAsync(async buffer =>
    {
        var all = 0L;
        while (await stream.ReadAsync(buffer, stop) is > 0 and var count) all += count;
        BinaryPrimitives.WriteInt64BigEndian(buffer, all);
        await stream.WriteAsync(buffer.AsMemory(0, sizeof(long)), stop);
    });

    private static Task MessagesAsync(Stream stream, CancellationToken stop) => PooledAsync(async buffer =>
    {
        var held = 0;
        while (await stream.ReadAsync(buffer, stop) is > 0 and var count)
        {
            held += count;
            var whole = held / MessageBytes;
            held %= MessageBytes;
            // what was read is of no more use: the acknowledgements may say anything
            if (whole > 0) await stream.WriteAsync(buffer.AsMemory(0, whole), stop);
        }
    });

    // as a program would that serves many streams
    private static async Task PooledAsync(Func<byte[], Task> work)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            await work(buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task HelloAsync(Stream stream, CancellationToken stop) =>
        await stream.WriteAsync(new byte[1], stop);
}
