using System.Buffers.Binary;
using Google.Protobuf;

namespace PluginNode.Storage;

/// <summary>16-byte values in protobuf fields.</summary>
internal static class Bytes16
{
    public static ByteString Wrap(byte[] bytes) => UnsafeByteOperations.UnsafeWrap(bytes);

    public static ByteString Write(Guid id) => Wrap(id.ToByteArray(bigEndian: true));

    public static ByteString Write(UInt128 value)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return Wrap(bytes);
    }

    /// <summary>0 where the field has not 16 bytes.</summary>
    public static UInt128 Read(ByteString bytes) =>
        bytes.Length == 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes.Span) : 0;

    public static Guid ReadId(ByteString bytes) =>
        bytes.Length == 16 ? new Guid(bytes.Span, bigEndian: true) : Guid.Empty;
}
