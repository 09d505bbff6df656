using System.Security.Cryptography;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Libp2p.Ping;

/// <summary>ping (libp2p/specs, ping): 32 random bytes and their echo, over and over.</summary>
internal static class PingProtocol
{
    public const string Id = "/ipfs/ping/1.0.0";

    private const int Bytes = 32;
    private const int MostStreams = 2;

    /// <summary>Echoes until the peer has finished.</summary>
    public static async Task AnswerAsync(ProtocolStream stream, CancellationToken cancellation)
    {
        var connection = stream.Connection;
        try
        {
            if (Interlocked.Increment(ref connection.InboundPings) > MostStreams)
                throw new Libp2pException(Libp2pFault.Limit, $"A peer has more than {MostStreams} ping streams.");
            var buffer = new byte[Bytes];
            while (await stream.ReadAtLeastAsync(buffer, Bytes, throwOnEndOfStream: false, cancellation) == Bytes)
                await stream.WriteAsync(buffer, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref connection.InboundPings);
        }
    }

    /// <summary>Pings once and tells how long it took.</summary>
    /// <exception cref="Libp2pException">The peer does not answer, or answers something else.</exception>
    public static async Task<TimeSpan> AskAsync(
        Connection connection, TimeProvider time, CancellationToken cancellation)
    {
        await using var stream = await connection.OpenStreamAsync([Id], cancellation);
        var sent = RandomNumberGenerator.GetBytes(Bytes);
        var echo = new byte[Bytes];
        var start = time.GetTimestamp();
        await stream.WriteAsync(sent, cancellation);
        var count = await stream.ReadAtLeastAsync(echo, Bytes, throwOnEndOfStream: false, cancellation);
        var took = time.GetElapsedTime(start);
        if (count < Bytes || !sent.AsSpan().SequenceEqual(echo))
            throw Libp2pException.Malformed("The peer does not echo what it was pinged with.");
        await stream.CloseWriteAsync(cancellation);
        return took;
    }
}
