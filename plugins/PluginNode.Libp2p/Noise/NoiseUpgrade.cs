using System.Buffers;
using System.Buffers.Binary;
using PluginNode.Identity;

namespace PluginNode.Libp2p.Noise;

/// <summary>Who is at the other end, and what was agreed on.</summary>
/// <param name="Stream">The encrypted stream.</param>
/// <param name="Peer">Proved by its signature.</param>
/// <param name="Muxer">The multiplexer that the handshake agreed on, or null where the remote did not say.</param>
internal sealed record NoiseResult(NoiseStream Stream, PeerId Peer, string? Muxer);

/// <summary>
/// The handshake on a connection: messages after their length in 16 bits, big endian, with libp2p's payload in the
/// second and the third (libp2p/specs, noise; connections/inlined-muxer-negotiation).
/// </summary>
/// <param name="identity">Signs and checks.</param>
/// <param name="staticKey">One for the life of the process, never stored; stays the caller's.</param>
/// <param name="muxers">What this side speaks, the preferred one first.</param>
internal sealed class NoiseUpgrade(INoiseSigner identity, X25519Key staticKey, IReadOnlyList<string> muxers)
{
    /// <summary>The protocol id for multistream-select.</summary>
    public const string Protocol = "/noise";

    /// <summary>The longest handshake message that is read, in bytes: one with an RSA key of 8 192 bits fits.</summary>
    public const int MostHandshakeBytes = 4096;

    private const int MostOverhead = 96;
    private const int SignatureBytes = ISigner.SignatureBytes;

    /// <summary>Begins the handshake.</summary>
    /// <param name="inner">The connection. It is the result's on success and the caller's otherwise.</param>
    /// <param name="expected">Who must answer, or null for anybody.</param>
    /// <param name="cancellation">Gives up; the connection is of no use then.</param>
    /// <exception cref="Libp2pException">The remote is another one, proves nothing, or sends garbage.</exception>
    public async Task<NoiseResult> DialAsync(Stream inner, PeerId? expected, CancellationToken cancellation)
    {
        using var handshake = new XxHandshake(initiator: true, staticKey, X25519Key.Generate());
        await SendAsync(inner, handshake, [], cancellation);
        var theirs = Check(handshake, await ReceiveAsync(inner, handshake, cancellation), expected);
        var muxer = Choose(muxers, theirs.Muxers);
        await SendAsync(inner, handshake, OwnPayload(), cancellation);
        return Finish(inner, handshake, theirs.Peer, muxer);
    }

    /// <summary>Answers a handshake; see <see cref="DialAsync"/>.</summary>
    public async Task<NoiseResult> AcceptAsync(Stream inner, CancellationToken cancellation)
    {
        using var handshake = new XxHandshake(initiator: false, staticKey, X25519Key.Generate());
        await ReceiveAsync(inner, handshake, cancellation); // in the clear: it may say nothing that counts
        await SendAsync(inner, handshake, OwnPayload(), cancellation);
        var theirs = Check(handshake, await ReceiveAsync(inner, handshake, cancellation), expected: null);
        return Finish(inner, handshake, theirs.Peer, theirs.Muxers is null ? null : Choose(theirs.Muxers, muxers));
    }

    // The first of the initiator's that both speak.
    private static string? Choose(IReadOnlyList<string> initiators, IReadOnlyList<string>? responders)
    {
        if (responders is null) return null;
        return initiators.FirstOrDefault(responders.Contains) ?? throw new Libp2pException(
            Libp2pFault.NotSupported, "The two sides have no multiplexer in common.");
    }

    private static NoiseResult Finish(Stream inner, XxHandshake handshake, PeerId peer, string? muxer)
    {
        var (send, receive) = handshake.Split();
        return new NoiseResult(new NoiseStream(inner, send, receive), peer, muxer);
    }

    private byte[] OwnPayload()
    {
        var signature = new byte[SignatureBytes];
        identity.SignStaticKey(staticKey.Public, signature);
        return new NoisePayload(identity.Self, signature, muxers).ToMessage();
    }

    private NoisePayload Check(XxHandshake handshake, byte[] message, PeerId? expected)
    {
        var payload = NoisePayload.FromMessage(message);
        if (!identity.VerifyStaticKey(payload.Peer, handshake.TheirStatic, payload.Signature))
            throw new Libp2pException(Libp2pFault.Authentication,
                $"The remote did not prove that it is {payload.Peer}.");
        return expected is null || payload.Peer == expected ? payload
            : throw new Libp2pException(
                Libp2pFault.Authentication, $"The remote is {payload.Peer} and not {expected}, which was dialled.");
    }

    private static async Task SendAsync(
        Stream inner, XxHandshake handshake, byte[] payload, CancellationToken cancellation)
    {
        var message = new byte[2 + MostOverhead + payload.Length];
        var length = handshake.Write(payload, message.AsSpan(2));
        BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)length);
        await inner.WriteAsync(message.AsMemory(0, 2 + length), cancellation);
    }

    private static async Task<byte[]> ReceiveAsync(Stream inner, XxHandshake handshake, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MostHandshakeBytes);
        try
        {
            await inner.ReadExactlyAsync(buffer.AsMemory(0, 2), cancellation);
            int length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
            if (length > MostHandshakeBytes)
                throw new Libp2pException(
                    Libp2pFault.Limit, $"A handshake message of {length} bytes; {MostHandshakeBytes} are taken.");
            await inner.ReadExactlyAsync(buffer.AsMemory(0, length), cancellation);
            return handshake.Read(buffer.AsSpan(0, length));
        }
        catch (EndOfStreamException e)
        {
            throw new Libp2pException(Libp2pFault.Closed, "The remote finished in the middle of the handshake.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
