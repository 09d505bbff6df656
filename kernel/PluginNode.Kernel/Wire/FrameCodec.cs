using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using PluginNode.Delivery;
using PluginNode.Identity;

namespace PluginNode.Wire;

/// <summary>A frame that was decoded and whose signature holds.</summary>
internal sealed record Incoming(Guid Id, Envelope Envelope, string Key, ulong Epoch, ulong Position, UInt128 Digest);

/// <summary>Turns messages into frames and back, with bounds on everything that arrives.</summary>
internal static class FrameCodec
{
    public const int Version = 1;
    public const int MaxNameBytes = 255;
    public const int MaxAttributes = 64;
    public const int MaxAttributeBytes = 16 * 1024;

    // Kept, unknown fields would cost a hundred times the bytes that they come in.
    private static readonly MessageParser<Envelope> Parser = Envelope.Parser.WithDiscardUnknownFields(true);

    // Each becomes an object when it is decoded; more than these are no mistake.
    private const int MostDecodedAttributes = 64 * MaxAttributes;

    /// <summary>The envelope of a message; the same message always encodes to the same bytes.</summary>
    /// <param name="message">Its fields.</param>
    /// <param name="payload">Its payload; not copied.</param>
    /// <param name="from">The sender's key.</param>
    /// <param name="to">The addressee's key.</param>
    public static Envelope EnvelopeOf(Message message, ReadOnlyMemory<byte> payload, ByteString from, ByteString to)
    {
        var envelope = new Envelope
        {
            Id = UnsafeByteOperations.UnsafeWrap(message.Id.ToByteArray(bigEndian: true)),
            From = from,
            To = to,
            Protocol = message.Protocol,
            Level = message.Level.Name,
            Key = message.Key,
            CreatedMs = message.Created.ToUnixTimeMilliseconds(),
            ExpiresMs = message.Expires?.ToUnixTimeMilliseconds() ?? 0,
            Payload = UnsafeByteOperations.UnsafeWrap(payload),
        };
        if (message.Attributes.Count == 0) return envelope;
        foreach (var (name, value) in message.Attributes.OrderBy(a => a.Key, StringComparer.Ordinal))
            envelope.Attributes.Add(new Attribute { Name = name, Value = value });
        return envelope;
    }

    /// <summary>The message that a raw stream brought, under an id that this node gave it: one attempt as far as can be
    /// known, in a lane of its own.</summary>
    public static Incoming IncomingOf(Guid id, PeerId from, string protocol, ReadOnlyMemory<byte> payload)
    {
        var envelope = new Envelope
        {
            Id = UnsafeByteOperations.UnsafeWrap(id.ToByteArray(bigEndian: true)),
            From = UnsafeByteOperations.UnsafeWrap(from.ToPublicKey()),
            Protocol = protocol,
            Level = DeliveryLevel.None.Name,
            Key = OwnLane(id),
            Payload = UnsafeByteOperations.UnsafeWrap(payload),
        };
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload.Span, hash);
        return new Incoming(id, envelope, envelope.Key, Epoch: 0, Position: 0, Short(hash));
    }

    /// <summary>The key of a message that is in no lane with others.</summary>
    public static string OwnLane(Guid id) => $"\0{id:N}";

    /// <summary>Decodes a frame's outside. Null, with the reason, for anything that is no frame of this version. Its
    /// size is bounded by the transport; one that is larger than this node takes is decoded all the same, because only
    /// an authenticated frame can be refused for good.</summary>
    public static FrameFields? Decode(ReadOnlyMemory<byte> bytes, out string reason)
    {
        reason = "";
        if (!FrameReader.TryRead(bytes, out var frame)) reason = "not a frame";
        else if (frame.Version != Version) reason = $"frame version {frame.Version} is unknown here";
        else return frame;
        return null;
    }

    /// <summary>Decodes the envelope. Null for what does not even say which message of whom for whom it is. Its
    /// size is bounded by what the transport takes.</summary>
    public static Envelope? DecodeEnvelope(ReadOnlyMemory<byte> bytes)
    {
        if (!FrameReader.TryCount(bytes, Envelope.AttributesFieldNumber, out var attributes)
            || attributes > MostDecodedAttributes) return null;
        try
        {
            var e = Parser.ParseFrom(bytes.Span);
            var hasKeys = e.From.Length == PeerId.KeyBytes && e.To.Length == PeerId.KeyBytes;
            return hasKeys && ReadId(e.Id) != Guid.Empty ? e : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static Guid ReadId(ByteString id) =>
        id.Length == 16 ? new Guid(id.Span, bigEndian: true) : Guid.Empty;

    /// <summary>The first 16 bytes of a SHA-256, as a number to compare.</summary>
    public static UInt128 Short(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt128BigEndian(hash);

    /// <summary>Which bound an envelope breaks; null where it breaks none.</summary>
    public static string? Problem(Envelope e)
    {
        if (e.Protocol.Length is 0 or > MaxNameBytes) return "the protocol id has a wrong length";
        if (e.Key.Length > MaxNameBytes || e.Level.Length > MaxNameBytes) return "the key or level is too long";
        if (e.Attributes.Count > MaxAttributes) return "too many attributes";
        var total = 0;
        string? last = null;
        foreach (var a in e.Attributes)
        {
            total += a.Name.Length + a.Value.Length;
            if (last is not null && string.CompareOrdinal(last, a.Name) >= 0) return "attributes are not ascending";
            last = a.Name;
        }
        return total > MaxAttributeBytes ? "the attributes are too large" : null;
    }
}
