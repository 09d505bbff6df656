using System.Text;

namespace PluginNode.Libp2p.Discovery;

/// <summary>A domain name of up to 255 bytes (RFC 1035, section 3.1), in lower case as far as it is ASCII: names that
/// differ in nothing else are the same (RFC 6762, section 16).</summary>
internal sealed record DnsName
{
    /// <summary>Bytes of a name with the length of each label and the end.</summary>
    public const int MostBytes = 255;

    private const int MostLabel = 63;
    private const byte Pointer = 0xC0;
    private const int HeaderBytes = 12;
    private const int MostJumps = 16; // compressors need one or two

    // As on the wire without compression and without the end: a character is a byte.
    private readonly string _wire;

    private DnsName(string wire) => _wire = wire;

    /// <summary>The name of these labels, each of 1 to 63 ASCII characters.</summary>
    public static DnsName Of(params ReadOnlySpan<string> labels)
    {
        var wire = new StringBuilder();
        foreach (var label in labels)
        {
            if (label.Length is 0 or > MostLabel || !Ascii.IsValid(label))
                throw new ArgumentException(
                    $"'{label}' is no label: 1 to {MostLabel} ASCII characters.", nameof(labels));
            wire.Append((char)label.Length).Append(label.ToLowerInvariant());
        }
        if (wire.Length + 1 > MostBytes)
            throw new ArgumentException($"A name has at most {MostBytes} bytes.", nameof(labels));
        return new DnsName(wire.ToString());
    }

    /// <summary>Reads a name and moves behind it. A compressed one (RFC 1035, section 4.1.4) goes on before where it
    /// began, and each further part before the last one: none goes round in circles.</summary>
    /// <exception cref="Libp2pException">It is malformed.</exception>
    public static DnsName Read(ReadOnlySpan<byte> message, ref int at)
    {
        Span<byte> wire = stackalloc byte[MostBytes];
        var (length, from, part, end, jumps) = (0, at, at, -1, 0);
        while (true)
        {
            var head = ByteAt(message, from);
            if (head >= Pointer)
            {
                var to = ((head - Pointer) << 8) | ByteAt(message, from + 1);
                if (end < 0) end = from + 2;
                if (to >= part || to < HeaderBytes) throw Malformed("refers to what does not stand before it");
                if (++jumps > MostJumps) throw Malformed("is in too many pieces");
                from = part = to;
                continue;
            }
            if (head > MostLabel) throw Malformed("has a label of a kind that there is not");
            if (head == 0) break;
            if (length + 1 + head + 1 > MostBytes) throw Malformed("is longer than 255 bytes");
            if (message.Length - from <= head) throw Malformed("is cut short");
            message.Slice(from, 1 + head).CopyTo(wire[length..]);
            from += 1 + head;
            length += 1 + head;
        }
        at = end < 0 ? from + 1 : end;
        foreach (ref var b in wire[..length])
            if (b is >= (byte)'A' and <= (byte)'Z') b |= 0x20; // lengths of labels are below that
        return new DnsName(Encoding.Latin1.GetString(wire[..length]));
    }

    /// <summary>Whether it is one label before another name.</summary>
    public bool IsOneBelow(DnsName parent) =>
        _wire.Length > 0 && _wire.Length == 1 + _wire[0] + parent._wire.Length
        && _wire.EndsWith(parent._wire, StringComparison.Ordinal);

    /// <summary>Its bytes, without compression.</summary>
    public byte[] ToBytes() => [.. Encoding.Latin1.GetBytes(_wire), 0];

    /// <summary>Its labels with dots between them, for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var at = 0; at < _wire.Length; at += 1 + _wire[at])
            text.Append(text.Length == 0 ? "" : ".").Append(_wire, at + 1, _wire[at]);
        return text.ToString();
    }

    private static byte ByteAt(ReadOnlySpan<byte> message, int at) =>
        at < message.Length ? message[at] : throw Malformed("is cut short");

    private static Libp2pException Malformed(string how) =>
        Libp2pException.Malformed($"A name in a DNS message {how}.");
}
