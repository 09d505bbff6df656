using System.Buffers;

namespace PluginNode.Mqtt.Packets;

/// <summary>A packet as it lies in the network buffer: its first byte, and what follows the fixed header.</summary>
internal readonly record struct RawPacket(byte First, ReadOnlySequence<byte> Body)
{
    public PacketType Type => (PacketType)(First >> 4);

    public int Flags => First & 0x0f;
}

/// <summary>Cuts packets out of a stream of bytes (5.0 §2.1).</summary>
internal static class PacketFraming
{
    /// <summary>The largest remaining length that can be written (5.0 §2.1.4).</summary>
    public const int MostRemaining = 268_435_455;

    /// <summary>
    /// Cuts off the first packet. False: more bytes are needed, or, with a <paramref name="fault"/>, none will help. A
    /// packet that is too large is told by its length, before its body has come.
    /// </summary>
    /// <param name="buffer">What has come; on success it begins behind the packet.</param>
    /// <param name="most">The largest packet that is taken, in bytes, with its fixed header.</param>
    /// <param name="packet">Valid as long as the buffer's memory.</param>
    /// <param name="fault">Why these bytes can be no packet.</param>
    public static bool TryCut(
        ref ReadOnlySequence<byte> buffer, int most, out RawPacket packet, out PacketFault? fault)
    {
        packet = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!TryReadHeader(ref reader, out var first, out var length, out fault)) return false;
        if (reader.Consumed + length > most)
        {
            fault = new PacketFault(
                MqttReason.PacketTooLarge, $"a packet of {reader.Consumed + length} bytes, and {most} are taken");
            return false;
        }
        if (reader.Remaining < length) return false;
        packet = new RawPacket(first, reader.UnreadSequence.Slice(0, length));
        buffer = reader.UnreadSequence.Slice(length);
        return true;
    }

    /// <summary>Reads a fixed header. False: more bytes are needed, or, with a <paramref name="fault"/>, none will
    /// help.</summary>
    public static bool TryReadHeader(
        ref SequenceReader<byte> reader, out byte first, out int length, out PacketFault? fault)
    {
        (length, fault) = (0, null);
        if (!reader.TryRead(out first)) return false;
        for (var shift = 0; ; shift += 7)
        {
            if (!reader.TryRead(out var digit)) return false;
            length |= (digit & 0x7f) << shift;
            if (digit < 0x80 && (digit != 0 || shift == 0)) return true;
            if (digit < 0x80 || shift == 21)
            {
                fault = new PacketFault(MqttReason.MalformedPacket, "the remaining length is no such number");
                return false;
            }
        }
    }
}
