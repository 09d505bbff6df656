using System.Buffers.Binary;
using System.Text;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Wire;

/// <summary>The body of a request to a named protocol: the largest answer that is of use (32 bits), the length of the
/// protocol's name (16 bits), the name in UTF-8, and what is asked. All numbers are big endian.</summary>
internal static class RequestBody
{
    /// <summary>Bytes before what is asked, at most: a name has as many characters as it may, four bytes
    /// each.</summary>
    public const int MostHead = Fixed + (4 * PeerRequest.MostProtocolCharacters);

    private const int Fixed = sizeof(int) + sizeof(ushort);

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>What stands before what is asked.</summary>
    public static byte[] Head(PeerRequest request)
    {
        var head = new byte[Fixed + Encoding.UTF8.GetByteCount(request.Protocol)];
        BinaryPrimitives.WriteInt32BigEndian(head, request.MostAnswerBytes);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(sizeof(int)), (ushort)(head.Length - Fixed));
        Encoding.UTF8.GetBytes(request.Protocol, head.AsSpan(Fixed));
        return head;
    }

    /// <summary>Reads one; what is asked is a part of the bytes given. Null for what is none.</summary>
    public static PeerRequest? Read(ReadOnlyMemory<byte> body)
    {
        if (body.Length < Fixed) return null;
        var most = BinaryPrimitives.ReadInt32BigEndian(body.Span);
        var length = BinaryPrimitives.ReadUInt16BigEndian(body.Span[sizeof(int)..]);
        if (most < 0 || length > MostHead - Fixed || body.Length < Fixed + length) return null;
        try
        {
            var name = Strict.GetString(body.Span.Slice(Fixed, length));
            return PeerRequest.IsProtocol(name) ? new PeerRequest(name, body[(Fixed + length)..], most) : null;
        }
        catch (DecoderFallbackException)
        {
            return null; // no UTF-8
        }
    }
}
