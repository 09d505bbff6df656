using System.Buffers;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Tests.Packets;

/// <summary>Packets as bytes and back.</summary>
internal static class Wire
{
    public static byte[] Encode(Packet packet, MqttVersion version)
    {
        using var buffer = new PacketBuffer();
        PacketEncoder.Write(buffer, packet, version);
        return buffer.Written.ToArray();
    }

    public static string Hex(Packet packet, MqttVersion version) => Hex(Encode(packet, version));

    public static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>One packet and nothing behind it.</summary>
    public static T Decode<T>(byte[] bytes, MqttVersion version)
        where T : Packet
    {
        var packet = TryDecode(Sequence(bytes, bytes.Length), version, out var fault);
        Assert.That(fault, Is.Null);
        Assert.That(packet, Is.InstanceOf<T>());
        return (T)packet!;
    }

    public static PacketFault FaultOf(string hex, MqttVersion version, int most = PacketFraming.MostRemaining)
    {
        var packet = TryDecode(Sequence(Bytes(hex), int.MaxValue), version, out var fault, most);
        Assert.That(packet, Is.Null);
        Assert.That(fault, Is.Not.Null, "it needs more bytes");
        return fault!.Value;
    }

    public static Packet? TryDecode(
        ReadOnlySequence<byte> bytes, MqttVersion version, out PacketFault? fault,
        int most = PacketFraming.MostRemaining)
    {
        if (!PacketFraming.TryCut(ref bytes, most, out var raw, out fault)) return null;
        var packet = PacketDecoder.Decode(raw, version, out fault);
        if (packet is not null) Assert.That(bytes.IsEmpty, Is.True, "bytes are left over");
        return packet;
    }

    /// <summary>The same bytes in segments of a size, as a pipe may have them.</summary>
    public static ReadOnlySequence<byte> Sequence(byte[] bytes, int segment)
    {
        if (bytes.Length <= segment) return new ReadOnlySequence<byte>(bytes);
        var first = new Part(bytes.AsMemory(0, segment), null);
        var last = first;
        for (var at = segment; at < bytes.Length; at += segment)
            last = new Part(bytes.AsMemory(at, Math.Min(segment, bytes.Length - at)), last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        public Part(ReadOnlyMemory<byte> memory, Part? before)
        {
            Memory = memory;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
