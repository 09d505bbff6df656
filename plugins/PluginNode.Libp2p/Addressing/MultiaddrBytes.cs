using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;
using PluginNode.Identity;
using PluginNode.Libp2p.Wire;

namespace PluginNode.Libp2p.Addressing;

/// <summary>The binary form of addresses: for each part its code as a varint, then its value.</summary>
internal static class MultiaddrBytes
{
    private const ulong Tcp = 6;
    private const ulong P2p = 421;

    public static byte[] Write(Multiaddr address)
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        bytes.Varint((ulong)address.Kind);
        if (address.Kind is HostKind.Dns4 or HostKind.Dns6)
        {
            bytes.Varint((ulong)address.Host.Length);
            bytes.Write(Encoding.ASCII.GetBytes(address.Host));
        }
        else
        {
            bytes.Write(IPAddress.Parse(address.Host).GetAddressBytes());
        }
        bytes.Varint(Tcp);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.GetSpan(2), (ushort)address.Port);
        bytes.Advance(2);
        if (address.Peer is { } peer)
        {
            var id = PublicKeys.ToMultihash(peer);
            bytes.Varint(P2p);
            bytes.Varint((ulong)id.Length);
            bytes.Write(id);
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Null for what is no address of the one shape: other transports' addresses are not an error.</summary>
    /// <exception cref="Libp2pException">It is malformed.</exception>
    public static Multiaddr? Read(ReadOnlySpan<byte> bytes)
    {
        var kind = (HostKind)Number(ref bytes);
        string host;
        switch (kind)
        {
            case HostKind.Ip4: host = new IPAddress(Take(ref bytes, 4)).ToString(); break;
            case HostKind.Ip6: host = new IPAddress(Take(ref bytes, 16)).ToString(); break;
            case HostKind.Dns4 or HostKind.Dns6:
                host = Encoding.UTF8.GetString(Take(ref bytes, Number(ref bytes)));
                break;
            default: return null;
        }
        if (Number(ref bytes) != Tcp) return null;
        var port = BinaryPrimitives.ReadUInt16BigEndian(Take(ref bytes, 2));
        PeerId? peer = null;
        if (!bytes.IsEmpty)
        {
            if (Number(ref bytes) != P2p) return null;
            var id = Take(ref bytes, Number(ref bytes));
            if (!PublicKeys.IsMultihash(id)) return null; // a relay, say, with a key of another type
            peer = PublicKeys.FromMultihash(id);
        }
        return bytes.IsEmpty ? Multiaddr.Make(kind, host, port, peer) : null;
    }

    private static ulong Number(ref ReadOnlySpan<byte> bytes)
    {
        if (!Varint.TryRead(bytes, out var value, out var length)) throw Cut();
        bytes = bytes[length..];
        return value;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, ulong count)
    {
        if (count > (ulong)bytes.Length) throw Cut();
        var taken = bytes[..(int)count];
        bytes = bytes[(int)count..];
        return taken;
    }

    private static Libp2pException Cut() => Libp2pException.Malformed("An address in bytes is cut short.");
}
