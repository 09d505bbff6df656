using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace PluginNode.Mqtt.Packets;

/// <summary>
/// Reads the fields of a packet's body (5.0 §1.5). The first that is wrong sets <see cref="Fault"/>; from then on
/// nothing is left and everything reads as empty, so that a decoder asks once, at its end.
/// </summary>
internal ref struct BodyReader(in ReadOnlySequence<byte> body)
{
    private SequenceReader<byte> _rest = new(body);

    public PacketFault? Fault { get; private set; }

    public readonly bool AtEnd => _rest.End;

    public readonly long Remaining => _rest.Remaining;

    public void Fail(MqttReason reason, string text)
    {
        Fault ??= new PacketFault(reason, text);
        _rest.AdvanceToEnd();
    }

    public void Malformed(string text) => Fail(MqttReason.MalformedPacket, text);

    public byte Byte(string what)
    {
        if (_rest.TryRead(out var value)) return value;
        CutOff(what);
        return 0;
    }

    public ushort UInt16(string what)
    {
        if (_rest.TryReadBigEndian(out short value)) return unchecked((ushort)value);
        CutOff(what);
        return 0;
    }

    public uint UInt32(string what)
    {
        if (_rest.TryReadBigEndian(out int value)) return unchecked((uint)value);
        CutOff(what);
        return 0;
    }

    /// <summary>A variable byte integer (5.0 §1.5.5): four bytes at most, and no more than needed.</summary>
    public int VariableInteger(string what)
    {
        var value = 0;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (!_rest.TryRead(out var digit))
            {
                CutOff(what);
                return 0;
            }
            value |= (digit & 0x7f) << shift;
            if (digit >= 0x80) continue;
            if (digit == 0 && shift > 0) break;
            return value;
        }
        Malformed($"{what} is no variable byte integer");
        return 0;
    }

    /// <summary>The next so many bytes, where they lie.</summary>
    public ReadOnlySequence<byte> Slice(int length, string what)
    {
        if (_rest.TryReadExact(length, out var bytes)) return bytes;
        CutOff(what);
        return default;
    }

    /// <summary>Binary data (5.0 §1.5.6), copied.</summary>
    public byte[] Binary(string what) => Slice(UInt16(what), what).ToArray();

    /// <summary>All that is left, copied.</summary>
    public byte[] Rest() => Slice(checked((int)_rest.Remaining), "the rest").ToArray();

    /// <summary>A UTF-8 text (5.0 §1.5.4): well-formed and without U+0000.</summary>
    public string Text(string what)
    {
        var bytes = Slice(UInt16(what), what);
        if (bytes.IsEmpty) return "";
        if (bytes.IsSingleSegment) return Decode(bytes.FirstSpan, what);
        var length = (int)bytes.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        bytes.CopyTo(copy);
        var text = Decode(copy.AsSpan(0, length), what);
        ArrayPool<byte>.Shared.Return(copy);
        return text;
    }

    private string Decode(ReadOnlySpan<byte> bytes, string what)
    {
        if (Utf8.IsValid(bytes) && !bytes.Contains((byte)0)) return Encoding.UTF8.GetString(bytes);
        Malformed($"{what} is no UTF-8 text");
        return "";
    }

    private void CutOff(string what) => Malformed($"{what} is cut off");
}
