using System.Buffers.Binary;
using PluginNode.Identity;
using PluginNode.Transports;

namespace PluginNode.Mqtt.Wire;

/// <summary>
/// What carries frames to a peer: version (8 bits), sender, recipient (32 bytes of key each), nonce (16 bytes),
/// timestamp, the sender's own clock (64 bits each); the signature; a <see cref="FrameList"/>.
/// </summary>
/// <param name="From">Who signed it.</param>
/// <param name="To">Whom it is for.</param>
/// <param name="Nonce">New for each request; the answer gives it back.</param>
/// <param name="Timestamp">Milliseconds since 1970, by the recipient's clock as far as it is known.</param>
/// <param name="Clock">The same by the sender's own clock.</param>
internal readonly record struct FrameRequest(PeerId From, PeerId To, UInt128 Nonce, long Timestamp, long Clock)
{
    public const int HeadBytes = SignedBytes + ISigner.SignatureBytes;

    /// <summary>What requests with frames are signed for.</summary>
    public const string Use = "mqtt-request";

    /// <summary>What requests for events are signed for.</summary>
    public const string EventsUse = "mqtt-events-request";

    /// <summary>What requests to a named protocol are signed for; see <see cref="RequestBody"/>.</summary>
    public const string PeerUse = "mqtt-peer-request";

    private const byte Version = 1;
    private const int SignedBytes = 1 + (2 * PeerId.KeyBytes) + 16 + (2 * sizeof(long));

    /// <summary>The nonce as MQTT 5 carries it beside requests and answers.</summary>
    public ReadOnlyMemory<byte> Correlation
    {
        get
        {
            var bytes = new byte[16];
            BinaryPrimitives.WriteUInt128BigEndian(bytes, Nonce);
            return bytes;
        }
    }

    /// <summary>Writes and signs it in an array of its own, which nobody changes any more.</summary>
    public byte[] Write(IReadOnlyList<Frame> frames, int first, int count, ISigner signer)
    {
        var length = HeadBytes + sizeof(int);
        for (var i = first; i < first + count; i++) length += sizeof(int) + frames[i].Bytes.Length;
        var payload = Head(length);
        var rest = payload.AsSpan(HeadBytes);
        BinaryPrimitives.WriteInt32BigEndian(rest, count);
        rest = rest[sizeof(int)..];
        for (var i = first; i < first + count; i++)
        {
            var frame = frames[i].Bytes.Span;
            BinaryPrimitives.WriteInt32BigEndian(rest, frame.Length);
            frame.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + frame.Length)..];
        }
        SignedPayload.Sign(signer, Use, payload, SignedBytes);
        return payload;
    }

    /// <summary>Writes and signs it with a body that carries no frames, in two parts.</summary>
    public byte[] Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, string use, ISigner signer)
    {
        var payload = Head(HeadBytes + first.Length + rest.Length);
        first.CopyTo(payload.AsSpan(HeadBytes));
        rest.CopyTo(payload.AsSpan(HeadBytes + first.Length));
        SignedPayload.Sign(signer, use, payload, SignedBytes);
        return payload;
    }

    /// <summary>Reads the head. False where it is none; whether it is signed is not yet said.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, out FrameRequest request)
    {
        request = default;
        if (payload.Length < HeadBytes || payload[0] != Version) return false;
        var timestamp = BinaryPrimitives.ReadInt64BigEndian(payload[81..]);
        var clock = BinaryPrimitives.ReadInt64BigEndian(payload[89..]);
        if (!SessionClock.IsTime(timestamp) || !SessionClock.IsTime(clock)) return false;
        request = new FrameRequest(
            PeerId.FromPublicKey(payload.Slice(1, PeerId.KeyBytes)),
            PeerId.FromPublicKey(payload.Slice(33, PeerId.KeyBytes)),
            BinaryPrimitives.ReadUInt128BigEndian(payload[65..]), timestamp, clock);
        return true;
    }

    /// <summary>Whether <see cref="From"/> signed the payload that this was read from.</summary>
    public bool IsSigned(ISigner signer, ReadOnlySpan<byte> payload, string use = Use) =>
        SignedPayload.Holds(signer, From, use, payload, SignedBytes);

    private byte[] Head(int length)
    {
        var payload = new byte[length];
        payload[0] = Version;
        From.CopyKeyTo(payload.AsSpan(1));
        To.CopyKeyTo(payload.AsSpan(33));
        BinaryPrimitives.WriteUInt128BigEndian(payload.AsSpan(65), Nonce);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(81), Timestamp);
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(89), Clock);
        return payload;
    }
}
