namespace PluginNode.Libp2p.Wire;

/// <summary>
/// Reads a protobuf message field by field (protobuf.dev, Encoding). It copies nothing and holds nothing; unknown
/// fields are passed over by the caller's not looking at them.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>What a field of type varint holds.</summary>
    public ulong Number { get; private set; }

    /// <summary>What a length-delimited field holds; empty for other types.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="Libp2pException">The message is malformed.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        var tag = ReadVarint();
        if (tag >> 3 is 0 or > 536_870_911) throw Libp2pException.Malformed("A protobuf field has no valid number.");
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0: Number = ReadVarint(); break;
            case 1: Take(8); break;
            case 2: Bytes = Take(ReadVarint()); break;
            case 5: Take(4); break;
            default: throw Libp2pException.Malformed("A protobuf field has an unknown type.");
        }
        return true;
    }

    private ulong ReadVarint()
    {
        if (!Varint.TryRead(_rest, out var value, out var length))
            throw Libp2pException.Malformed("A protobuf message ends in the middle of a number.");
        _rest = _rest[length..];
        return value;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
            throw Libp2pException.Malformed("A protobuf message ends in the middle of a field.");
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
