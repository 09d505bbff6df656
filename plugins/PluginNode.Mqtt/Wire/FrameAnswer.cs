using System.Buffers.Binary;
using PluginNode.Identity;

namespace PluginNode.Mqtt.Wire;

/// <summary>What the body of an answer is.</summary>
internal enum AnswerKind
{
    /// <summary><see cref="Peering.Outcomes"/>.</summary>
    Outcomes = 0,

    /// <summary>The time to sign with: milliseconds since 1970, 64 bits.</summary>
    Clock = 1,

    /// <summary>Nothing was taken; why, in UTF-8.</summary>
    NotTaken = 2,

    /// <summary>Events; see <see cref="EventsPage"/>.</summary>
    Events = 3,

    /// <summary>What the responder holds by day; see <see cref="DaysBody"/>.</summary>
    Days = 4,

    /// <summary>What came of a request to a named protocol; see <see cref="AnswerBody"/>.</summary>
    Said = 5,

    /// <summary>A large answer follows: how many bytes its body has, 64 bits.</summary>
    Coming = 6,
}

/// <summary>
/// What came of a request: version (8 bits), responder, the request's sender (32 bytes of key each), the request's
/// nonce (16 bytes), the responder's own clock (64 bits), kind (8 bits); the signature; the body.
/// </summary>
/// <param name="From">Who signed it.</param>
/// <param name="To">Who asked.</param>
/// <param name="Nonce">Of the request.</param>
/// <param name="Clock">Milliseconds since 1970.</param>
/// <param name="Kind">What the body is.</param>
internal readonly record struct FrameAnswer(PeerId From, PeerId To, UInt128 Nonce, long Clock, AnswerKind Kind)
{
    /// <summary>What answers to frames are signed for.</summary>
    public const string Use = "mqtt-answer";

    /// <summary>What answers with events are signed for.</summary>
    public const string EventsUse = "mqtt-events-answer";

    /// <summary>What answers of a named protocol are signed for.</summary>
    public const string PeerUse = "mqtt-peer-answer";

    private const byte Version = 1;
    private const int SignedBytes = 1 + (2 * PeerId.KeyBytes) + 16 + sizeof(long) + 1;
    private const int HeadBytes = SignedBytes + ISigner.SignatureBytes;

    public byte[] Write(ReadOnlySpan<byte> body, ISigner signer, string use = Use) => Write(body, [], signer, use);

    /// <summary>Writes and signs it with a body in two parts.</summary>
    public byte[] Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, ISigner signer, string use)
    {
        var payload = new byte[HeadBytes + first.Length + rest.Length];
        payload[0] = Version;
        From.CopyKeyTo(payload.AsSpan(1));
        To.CopyKeyTo(payload.AsSpan(33));
        BinaryPrimitives.WriteUInt128BigEndian(payload.AsSpan(65), Nonce);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(81), Clock);
        payload[89] = (byte)Kind;
        first.CopyTo(payload.AsSpan(HeadBytes));
        rest.CopyTo(payload.AsSpan(HeadBytes + first.Length));
        SignedPayload.Sign(signer, use, payload, SignedBytes);
        return payload;
    }

    /// <summary>Reads the head. False where it is none; whether it is signed is not yet said.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out FrameAnswer answer)
    {
        answer = default;
        if (payload.Length < HeadBytes || payload[0] != Version) return false;
        if (payload[89] > (byte)AnswerKind.Coming) return false;
        var clock = BinaryPrimitives.ReadInt64BigEndian(payload[81..]);
        if (!SessionClock.IsTime(clock)) return false;
        answer = new FrameAnswer(
            PeerId.FromPublicKey(payload.Slice(1, PeerId.KeyBytes)),
            PeerId.FromPublicKey(payload.Slice(33, PeerId.KeyBytes)),
            BinaryPrimitives.ReadUInt128BigEndian(payload[65..]), clock, (AnswerKind)payload[89]);
        return true;
    }

    public static ReadOnlyMemory<byte> BodyOf(ReadOnlyMemory<byte> payload) => payload[HeadBytes..];

    /// <summary>Whether <see cref="From"/> signed the payload that this was read from.</summary>
    public bool IsSigned(ISigner signer, ReadOnlySpan<byte> payload, string use = Use) =>
        SignedPayload.Holds(signer, From, use, payload, SignedBytes);
}
