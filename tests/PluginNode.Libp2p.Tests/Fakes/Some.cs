using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Hosting;

namespace PluginNode.Libp2p.Fakes;

/// <summary>Ordinary things.</summary>
internal static class Some
{
    public static readonly Multiaddr Loopback = Multiaddr.Parse("/ip4/127.0.0.1/tcp/0");

    public static Libp2pHost Host(
        HostOptions? options = null, INoiseSigner? identity = null, ILogger? logger = null,
        TimeProvider? time = null) =>
        new(identity ?? TestIdentity.Fresh(), options ?? new HostOptions(), time ?? TimeProvider.System,
            logger ?? NullLogger.Instance);

    /// <summary>Listens on a free port; the address names the peer.</summary>
    public static Multiaddr ListenHere(this Libp2pHost host) => host.Listen(Loopback) with { Peer = host.Self };

    /// <summary>Byte i is (i * 31 + (i &gt;&gt; 8)) &amp; 255, as in tests/interop/peer.mjs.</summary>
    public static byte[] Pattern(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++) bytes[i] = (byte)((i * 31) + (i >>> 8));
        return bytes;
    }

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Writes all of it in pieces of that size, and finishes.</summary>
    public static async Task WriteInPiecesAsync(this ProtocolStream stream, ReadOnlyMemory<byte> bytes, int piece)
    {
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(piece, bytes.Length)..])
            await stream.WriteAsync(bytes[..Math.Min(piece, bytes.Length)]);
        await stream.CloseWriteAsync();
    }

    /// <summary>Reads to the end: how much it was and its hash.</summary>
    public static async Task<(long Bytes, string Sha256)> ReadToEndAsync(this Stream stream, int piece = 65_536)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[piece];
        long bytes = 0;
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            bytes += count;
        }
        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
