using System.Buffers;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>
/// Passes over messages that are larger than what is taken, with no more memory than their topics need. 3.1.1 knows no
/// way to tell the broker what is taken: were the connection ended for it, whoever may write to a topic could end it,
/// and with a retained message each further one. For one reader.
/// </summary>
/// <param name="passed">Told of each when it is over: its size, and its id where it is to be acknowledged.</param>
internal sealed class Oversized(Action<int, ushort?> passed)
{
    private int _bytes, _left;
    private ushort? _id;

    /// <summary>Drops what has come of the message that is passed over. False: more of it is to come.</summary>
    public bool Pass(ref ReadOnlySequence<byte> buffer)
    {
        if (_bytes == 0) return true;
        var part = (int)Math.Min(_left, buffer.Length);
        buffer = buffer.Slice(part);
        _left -= part;
        if (_left > 0) return false;
        var bytes = _bytes;
        _bytes = 0;
        passed(bytes, _id);
        return true;
    }

    /// <summary>Begins with the packet at the start of the buffer, which is too large. False: it is no message that can
    /// be passed over, or, without a <paramref name="fault"/>, more of its head has to come.</summary>
    public bool TryBegin(ref ReadOnlySequence<byte> buffer, ref PacketFault? fault)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!PacketFraming.TryReadHeader(ref reader, out var first, out var length, out _)) return false;
        var qos = (first >> 1) & 3;
        if ((PacketType)(first >> 4) != PacketType.Publish || qos > 1) return false;
        var bytes = (int)reader.Consumed + length;
        var head = sizeof(ushort) + (qos == 0 ? 0 : sizeof(ushort));
        var isWhole = reader.TryReadBigEndian(out short topic);
        head += unchecked((ushort)topic);
        if (isWhole && head > length) return false; // its topic is longer than all of it
        short id = 0;
        isWhole = isWhole && reader.Remaining >= head - sizeof(ushort);
        if (isWhole)
        {
            reader.Advance(unchecked((ushort)topic));
            if (qos > 0) isWhole = reader.TryReadBigEndian(out id);
        }
        fault = null;
        if (!isWhole) return false;
        (_bytes, _left, _id) = (bytes, length - head, qos == 0 ? null : unchecked((ushort)id));
        buffer = reader.UnreadSequence;
        return true;
    }
}
