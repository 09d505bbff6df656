using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace PluginNode.Identity;

/// <summary>
/// Who a peer is: its Ed25519 public key. Written as libp2p writes it, base58btc of the identity multihash of the
/// protobuf public key (libp2p/specs, peer-ids), e.g. <c>12D3KooW…</c>. A new key is a new peer.
/// </summary>
public readonly record struct PeerId
{
    /// <summary>Bytes of an Ed25519 public key.</summary>
    public const int KeyBytes = 32;

    private readonly UInt128 _first, _second;

    private PeerId(ReadOnlySpan<byte> key)
    {
        _first = MemoryMarshal.Read<UInt128>(key);
        _second = MemoryMarshal.Read<UInt128>(key[16..]);
    }

    // identity multihash (0x00), 36 bytes; protobuf: field 1 = Ed25519 (1), field 2 = 32 bytes of key
    private static ReadOnlySpan<byte> Prefix => [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

    /// <summary>The id of a key. The bytes are copied; any 32 bytes make an id, whether or not they are a
    /// point.</summary>
    /// <exception cref="ArgumentException">The key has not 32 bytes.</exception>
    public static PeerId FromPublicKey(ReadOnlySpan<byte> key) => key.Length == KeyBytes
        ? new PeerId(key)
        : throw new ArgumentException($"An Ed25519 public key has {KeyBytes} bytes, not {key.Length}.", nameof(key));

    /// <summary>Reads the text form. False for anything but a well-formed Ed25519 peer id.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PeerId id)
    {
        Span<byte> bytes = stackalloc byte[Prefix.Length + KeyBytes];
        var ok = text is not null && Base58.TryDecode(text, bytes) && bytes.StartsWith(Prefix);
        id = ok ? new PeerId(bytes[Prefix.Length..]) : default;
        return ok;
    }

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">The text is not an Ed25519 peer id.</exception>
    public static PeerId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not an Ed25519 peer id.");

    /// <summary>Writes the 32 bytes of the key.</summary>
    public void CopyKeyTo(Span<byte> destination)
    {
        MemoryMarshal.Write(destination, _first);
        MemoryMarshal.Write(destination[16..], _second);
    }

    /// <summary>A fresh array with the 32 bytes of the key.</summary>
    public byte[] ToPublicKey()
    {
        var key = new byte[KeyBytes];
        CopyKeyTo(key);
        return key;
    }

    /// <summary>The text form. It is computed at each call: keep it where it is needed often.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Prefix.Length + KeyBytes];
        Prefix.CopyTo(bytes);
        CopyKeyTo(bytes[Prefix.Length..]);
        return Base58.Encode(bytes);
    }
}
