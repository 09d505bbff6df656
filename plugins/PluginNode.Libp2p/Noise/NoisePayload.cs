using System.Buffers;
using System.Text;
using PluginNode.Identity;
using PluginNode.Libp2p.Wire;

namespace PluginNode.Libp2p.Noise;

/// <summary>What libp2p sends within the handshake (libp2p/specs, noise, The libp2p Handshake Payload).</summary>
/// <param name="Peer">Whose static key it is.</param>
/// <param name="Signature">That peer's, over the static key.</param>
/// <param name="Muxers">Its multiplexers, the preferred one first; null where it did not say.</param>
internal sealed record NoisePayload(PeerId Peer, byte[] Signature, IReadOnlyList<string>? Muxers)
{
    private const int MostMuxers = 16;

    public byte[] ToMessage()
    {
        var message = new ArrayBufferWriter<byte>(160);
        message.Field(1, PublicKeys.ToMessage(Peer));
        message.Field(2, Signature);
        if (Muxers is { } muxers)
        {
            var extensions = new ArrayBufferWriter<byte>();
            foreach (var muxer in muxers) extensions.Field(2, muxer);
            message.Field(4, extensions.WrittenSpan);
        }
        return message.WrittenSpan.ToArray();
    }

    /// <exception cref="Libp2pException">It is malformed, or of a peer whose key is not taken.</exception>
    public static NoisePayload FromMessage(ReadOnlySpan<byte> message)
    {
        PeerId? peer = null;
        byte[] signature = [];
        List<string>? muxers = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: peer = PublicKeys.FromMessage(reader.Bytes); break;
                case 2: signature = reader.Bytes.ToArray(); break;
                case 4: ReadMuxers(reader.Bytes, ref muxers); break;
            }
        }
        return new NoisePayload(
            peer ?? throw Libp2pException.Malformed("A handshake payload has no key."), signature, muxers);
    }

    private static void ReadMuxers(ReadOnlySpan<byte> extensions, ref List<string>? muxers)
    {
        var reader = new ProtoReader(extensions);
        while (reader.Next())
        {
            if (reader.Field != 2) continue;
            muxers ??= [];
            if (muxers.Count == MostMuxers) throw Libp2pException.Malformed("A peer names too many multiplexers.");
            muxers.Add(Encoding.UTF8.GetString(reader.Bytes));
        }
    }
}
