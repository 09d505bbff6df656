using PluginNode.Identity;

namespace PluginNode.Libp2p.Wire;

/// <summary>Public keys and peer ids in bytes (libp2p/specs, peer-ids). Only Ed25519 keys, as a node has
/// them.</summary>
internal static class PublicKeys
{
    /// <summary>Bytes of a <c>PublicKey</c> message with an Ed25519 key.</summary>
    public const int MessageBytes = 4 + PeerId.KeyBytes;

    private const int MultihashBytes = 2 + MessageBytes;

    private static readonly string[] Types = ["RSA", "Ed25519", "Secp256k1", "ECDSA"];

    /// <summary>The protobuf <c>PublicKey</c>: type, then key.</summary>
    public static byte[] ToMessage(PeerId id)
    {
        var message = new byte[MessageBytes];
        ((ReadOnlySpan<byte>)[0x08, 0x01, 0x12, PeerId.KeyBytes]).CopyTo(message);
        id.CopyKeyTo(message.AsSpan(4));
        return message;
    }

    /// <exception cref="Libp2pException">It is malformed or no Ed25519 key.</exception>
    public static PeerId FromMessage(ReadOnlySpan<byte> message)
    {
        ulong? type = null;
        ReadOnlySpan<byte> key = default;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1) type = reader.Number;
            else if (reader.Field == 2) key = reader.Bytes;
        }
        if (type is not 1)
        {
            var name = type < (ulong)Types.Length ? Types[(int)type] : "unknown";
            throw new Libp2pException(
                Libp2pFault.Authentication, $"The peer's key is of type {name}; only Ed25519 keys are taken.");
        }
        return key.Length == PeerId.KeyBytes ? PeerId.FromPublicKey(key)
            : throw Libp2pException.Malformed($"An Ed25519 key has {PeerId.KeyBytes} bytes, not {key.Length}.");
    }

    /// <summary>The peer id in bytes: the identity multihash of the <c>PublicKey</c> message.</summary>
    public static byte[] ToMultihash(PeerId id) => [0x00, MessageBytes, .. ToMessage(id)];

    /// <summary>Whether it is as long as the multihash of an Ed25519 key, and of its kind.</summary>
    public static bool IsMultihash(ReadOnlySpan<byte> bytes) =>
        bytes.Length == MultihashBytes && bytes[0] == 0x00 && bytes[1] == MessageBytes;

    /// <exception cref="Libp2pException">It is not the identity multihash of an Ed25519 key.</exception>
    public static PeerId FromMultihash(ReadOnlySpan<byte> bytes) =>
        IsMultihash(bytes) ? FromMessage(bytes[2..])
            : throw Libp2pException.Malformed("A peer id is not that of an Ed25519 key.");
}
