using System.Buffers.Binary;
using System.Text;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Requests;

/// <summary>Names, limits and bytes of the requests' protocol; the README describes it. Numbers are big
/// endian.</summary>
internal static class RequestWire
{
    /// <summary>The protocol's id.</summary>
    public const string Protocol = "/pluginnode/request/1.0.0";

    /// <summary>Bytes before the name of a question's protocol.</summary>
    public const int QuestionHead = 2 + 4 + 4;

    /// <summary>Bytes before an answer's body.</summary>
    public const int AnswerHead = 1 + 4;

    /// <summary>Bytes of a protocol's name: as many characters as there may be, four bytes each.</summary>
    public const int MostName = 4 * PeerRequest.MostProtocolCharacters;

    /// <summary>Bytes of a reason.</summary>
    public const int MostReason = 4 * Frames.FrameWire.MaxReason;

    /// <summary>Up to here head and body go out as one.</summary>
    private const int Small = 64 * 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>A question: all of it where it is small, else what goes before its body.</summary>
    public static byte[] Write(PeerRequest request, int most, out ReadOnlyMemory<byte> rest)
    {
        var name = Encoding.UTF8.GetBytes(request.Protocol);
        var head = new byte[QuestionHead + name.Length];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)name.Length);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(2), most);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(6), request.Body.Length);
        name.CopyTo(head, QuestionHead);
        return Join(head, request.Body, out rest);
    }

    /// <summary>The same of an answer, or of why there is none.</summary>
    public static byte[] Write(RequestOutcome outcome, out ReadOnlyMemory<byte> rest)
    {
        var body = outcome.IsAnswered
            ? outcome.Body
            : Encoding.UTF8.GetBytes(ReasonLine.Of(outcome.Reason));
        var head = new byte[AnswerHead];
        head[0] = RequestCode.Of(outcome.Status);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(1), body.Length);
        return Join(head, body, out rest);
    }

    /// <summary>Reads the first bytes of a question.</summary>
    /// <exception cref="Libp2pException">They are none.</exception>
    public static (int Name, int Most, int Body) ReadQuestion(ReadOnlySpan<byte> head)
    {
        var name = BinaryPrimitives.ReadUInt16BigEndian(head);
        var most = BinaryPrimitives.ReadInt32BigEndian(head[2..]);
        var body = BinaryPrimitives.ReadInt32BigEndian(head[6..]);
        return name is > 0 and <= MostName && most >= 0 && body >= 0
            ? (name, most, body)
            : throw Libp2pException.Malformed("A request's head is none.");
    }

    /// <summary>Reads the name of a question's protocol.</summary>
    /// <exception cref="Libp2pException">It is none.</exception>
    public static string ReadName(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var name = Strict.GetString(bytes);
            if (PeerRequest.IsProtocol(name)) return name;
        }
        catch (DecoderFallbackException)
        {
            // said below
        }
        throw Libp2pException.Malformed("A request's protocol is none.");
    }

    /// <summary>Reads the first bytes of an answer.</summary>
    /// <exception cref="Libp2pException">They are none.</exception>
    public static (RequestStatus Status, int Length) ReadAnswer(ReadOnlySpan<byte> head)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(head[1..]);
        var status = RequestCode.Read(head[0]);
        var most = status == RequestStatus.Answered ? int.MaxValue : MostReason;
        return status is { } told && length >= 0 && length <= most
            ? (told, length)
            : throw Libp2pException.Malformed("An answer's head is none.");
    }

    private static byte[] Join(byte[] head, ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> rest)
    {
        rest = body.Length > Small ? body : default;
        return body.Length > Small ? head : [.. head, .. body.Span];
    }
}
