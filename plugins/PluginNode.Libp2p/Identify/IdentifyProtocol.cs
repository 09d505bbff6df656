using System.Buffers;
using PluginNode.Identity;
using PluginNode.Libp2p.Hosting;
using PluginNode.Libp2p.Wire;

namespace PluginNode.Libp2p.Identify;

/// <summary>
/// identify and identify/push (libp2p/specs, identify): one message after its length, then the writer has finished.
/// </summary>
/// <param name="self">This peer.</param>
/// <param name="describe">What it says of itself on a connection.</param>
internal sealed class IdentifyProtocol(PeerId self, Func<Connection, IdentifyInfo> describe)
{
    public const string Identify = "/ipfs/id/1.0.0";
    public const string Push = "/ipfs/id/push/1.0.0";
    public const string Version = "ipfs/0.1.0";

    /// <summary>Answers whoever asks.</summary>
    public Task AnswerAsync(ProtocolStream stream, CancellationToken cancellation) => WriteAsync(stream, cancellation);

    /// <summary>Takes what a peer tells without being asked.</summary>
    public static async Task TakeAsync(ProtocolStream stream, CancellationToken cancellation) =>
        stream.Connection.Identified = await ReadAsync(stream, cancellation);

    /// <summary>Asks the peer what it is.</summary>
    /// <exception cref="Libp2pException">It does not say, or says something malformed.</exception>
    public static async Task AskAsync(Connection connection, CancellationToken cancellation)
    {
        await using var stream = await connection.OpenStreamAsync(Identify, cancellation);
        connection.Identified = await ReadAsync(stream, cancellation);
        await stream.CloseWriteAsync(cancellation);
    }

    /// <summary>Tells the peer what has changed; completes when it has read it.</summary>
    /// <exception cref="Libp2pException">It does not take it.</exception>
    public async Task TellAsync(Connection connection, CancellationToken cancellation)
    {
        await using var stream = await connection.OpenStreamAsync(Push, cancellation);
        await WriteAsync(stream, cancellation);
        if (await stream.ReadAsync(new byte[1], cancellation) > 0)
            throw Libp2pException.Malformed("The peer answers what has no answer.");
    }

    private async Task WriteAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        var message = describe(stream.Connection).ToMessage(self);
        var bytes = new ArrayBufferWriter<byte>(message.Length + 2);
        bytes.Varint((ulong)message.Length);
        bytes.Write(message);
        await stream.WriteAsync(bytes.WrittenMemory, cancellation);
        await stream.CloseWriteAsync(cancellation);
    }

    // Some write several messages, to be merged in their order: read to the end, they are one.
    private static async Task<IdentifyInfo> ReadAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(IdentifyInfo.MostBytes);
        try
        {
            var length = await stream.ReadAtLeastAsync(
                buffer.AsMemory(0, IdentifyInfo.MostBytes), IdentifyInfo.MostBytes,
                throwOnEndOfStream: false, cancellation);
            if (length == IdentifyInfo.MostBytes)
                throw new Libp2pException(Libp2pFault.Limit, "A peer says too much of itself.");
            return IdentifyInfo.FromMessage(Unframe(buffer.AsSpan(0, length)), stream.Connection.Peer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Unframe(ReadOnlySpan<byte> bytes)
    {
        var message = new ArrayBufferWriter<byte>(bytes.Length + 1);
        while (!bytes.IsEmpty)
        {
            if (!Varint.TryRead(bytes, out var length, out var at) || length > (ulong)(bytes.Length - at))
                throw Libp2pException.Malformed("An identify message is cut short.");
            message.Write(bytes.Slice(at, (int)length));
            bytes = bytes[(at + (int)length)..];
        }
        return message.WrittenSpan.ToArray();
    }
}
