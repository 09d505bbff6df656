using System.Buffers;
using System.Text;
using PluginNode.Identity;
using PluginNode.Libp2p.Addressing;
using PluginNode.Libp2p.Wire;

namespace PluginNode.Libp2p.Identify;

/// <summary>What a peer says of itself (libp2p/specs, identify). All of it is its own word and no more.</summary>
public sealed record IdentifyInfo
{
    internal const int MostBytes = 16 * 1024;
    private const int MostEntries = 256;

    /// <summary>E.g. <c>ipfs/0.1.0</c>; empty where it did not say.</summary>
    public string ProtocolVersion { get; init; } = "";

    /// <summary>What program it is; empty where it did not say.</summary>
    public string Agent { get; init; } = "";

    /// <summary>Where it listens, as far as this side can go there.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses { get; init; } = [];

    /// <summary>What this side looks like from there.</summary>
    public Multiaddr? ObservedAddress { get; init; }

    /// <summary>The protocols that it takes streams for.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    internal byte[] ToMessage(PeerId self)
    {
        var message = new ArrayBufferWriter<byte>(512);
        message.Field(1, PublicKeys.ToMessage(self));
        foreach (var address in ListenAddresses) message.Field(2, MultiaddrBytes.Write(address));
        foreach (var protocol in Protocols) message.Field(3, protocol);
        if (ObservedAddress is { } observed) message.Field(4, MultiaddrBytes.Write(observed));
        message.Field(5, ProtocolVersion);
        message.Field(6, Agent);
        return message.WrittenSpan.ToArray();
    }

    /// <exception cref="Libp2pException">It is malformed, or the key is not that of the peer.</exception>
    internal static IdentifyInfo FromMessage(ReadOnlySpan<byte> message, PeerId peer)
    {
        string version = "", agent = "";
        var addresses = new List<Multiaddr>();
        var protocols = new List<string>();
        Multiaddr? observed = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when PublicKeys.FromMessage(reader.Bytes) != peer:
                    throw new Libp2pException(
                        Libp2pFault.Authentication, "A peer identifies itself with another's key.");
                case 2 when addresses.Count < MostEntries:
                    if (MultiaddrBytes.Read(reader.Bytes) is { } address) addresses.Add(address);
                    break;
                case 3 when protocols.Count < MostEntries: protocols.Add(Encoding.UTF8.GetString(reader.Bytes)); break;
                case 4: observed = MultiaddrBytes.Read(reader.Bytes); break;
                case 5: version = Encoding.UTF8.GetString(reader.Bytes); break;
                case 6: agent = Encoding.UTF8.GetString(reader.Bytes); break;
            }
        }
        return new IdentifyInfo
        {
            ProtocolVersion = version, Agent = agent, ListenAddresses = addresses, ObservedAddress = observed,
            Protocols = protocols,
        };
    }
}
