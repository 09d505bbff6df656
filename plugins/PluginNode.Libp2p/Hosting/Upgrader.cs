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
        if (secure.Muxer is null) await Multistream.SelectAsync(secure.Stream, Muxers, cancellation);
        return (secure.Stream, secure.Peer);
    }

    /// <summary>The same for a connection that somebody else made.</summary>
    public async Task<(NoiseStream Stream, PeerId Peer)> AcceptAsync(Stream raw, CancellationToken cancellation)
    {
        var stream = new ReadAheadStream(raw);
        await Multistream.AnswerAsync(
            stream, p => p == NoiseUpgrade.Protocol, () => [NoiseUpgrade.Protocol], cancellation);
        var secure = await Noise.AcceptAsync(stream, cancellation);
        if (secure.Muxer is null)
            await Multistream.AnswerAsync(secure.Stream, Muxers.Contains, () => Muxers, cancellation);
        return (secure.Stream, secure.Peer);
    }

    public void Dispose() => _staticKey.Dispose();

    private NoiseUpgrade Noise => new(identity, _staticKey, Muxers);
}
