using System.Buffers;
using System.Text;

namespace PluginNode.Libp2p.Wire;

/// <summary>Writes length-delimited protobuf fields; libp2p's own messages need no others.</summary>
internal static class ProtoWriter
{
    public static void Field(this ArrayBufferWriter<byte> message, int number, ReadOnlySpan<byte> bytes)
    {
        message.Varint((ulong)((number << 3) | 2));
        message.Varint((ulong)bytes.Length);
        message.Write(bytes);
    }

    public static void Field(this ArrayBufferWriter<byte> message, int number, string text) =>
        message.Field(number, Encoding.UTF8.GetBytes(text));

    public static void Varint(this ArrayBufferWriter<byte> message, ulong value) =>
        message.Advance(Wire.Varint.Write(message.GetSpan(10), value));
}
