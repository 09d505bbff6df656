using PluginNode.Identity;
using PluginNode.Libp2p.Negotiation;
using PluginNode.Libp2p.Noise;
using PluginNode.Libp2p.Yamux;

namespace PluginNode.Libp2p.Hosting;

/// <summary>Makes a plain connection an authenticated one that speaks yamux (libp2p/specs, connections).</summary>
internal sealed class Upgrader(INoiseSigner identity) : IDisposable
{
    private static readonly string[] Muxers = [YamuxSession.Protocol];

    private readonly X25519Key _staticKey = X25519Key.Generate();

    /// <param name="raw">The connection; of no use to anybody else afterwards, also where this fails.</param>
    /// <param name="expected">Who must answer, or null for anybody.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="Libp2pException">The remote is another peer, or speaks something else.</exception>
    public async Task<(NoiseStream Stream, PeerId Peer)> DialAsync(
        Stream raw, PeerId? expected, CancellationToken cancellation)
    {
        var stream = new ReadAheadStream(raw);
        await Multistream.SelectAsync(stream, [NoiseUpgrade.Protocol], cancellation);
        var secure = await Noise.DialAsync(stream, expected, cancellation);
        return await OrNoneAsync(secure, () => Multistream.SelectAsync(secure.Stream, Muxers, cancellation));
    }

    /// <summary>The same for a connection that somebody else made.</summary>
    public async Task<(NoiseStream Stream, PeerId Peer)> AcceptAsync(Stream raw, CancellationToken cancellation)
    {
        var stream = new ReadAheadStream(raw);
        await Multistream.AnswerAsync(
            stream, p => p == NoiseUpgrade.Protocol, () => [NoiseUpgrade.Protocol], cancellation);
        var secure = await Noise.AcceptAsync(stream, cancellation);
        return await OrNoneAsync(
            secure, () => Multistream.AnswerAsync(secure.Stream, Muxers.Contains, () => Muxers, cancellation));
    }

    public void Dispose() => _staticKey.Dispose();

    // The handshake may have agreed on the multiplexer; where nothing comes of it the stream is let go of.
    private static async Task<(NoiseStream Stream, PeerId Peer)> OrNoneAsync(
        NoiseResult secure, Func<Task<string>> negotiate)
    {
        try
        {
            if (secure.Muxer is null) await negotiate();
            return (secure.Stream, secure.Peer);
        }
        catch
        {
            await secure.Stream.DisposeAsync();
            throw;
        }
    }

    private NoiseUpgrade Noise => new(identity, _staticKey, Muxers);
}
