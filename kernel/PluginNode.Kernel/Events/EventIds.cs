using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace PluginNode.Events;

/// <summary>
/// The two hashes of an event, as the nara network defines them:
/// <code>
/// id         the first 16 bytes of SHA-256(ts ‖ ":" ‖ svc ‖ ":" ‖ content)
/// signed     SHA-256(id ‖ ":" ‖ ts ‖ ":" ‖ svc ‖ ":" ‖ emitter ‖ ":" ‖ content)
/// </code>
/// with the timestamp in decimal and the id in hexadecimal. Callable from any thread.
/// </summary>
public static class EventIds
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int TimestampBytes = 20; // -9223372036854775808
    private const int OnStack = 1024; // most events are smaller

    /// <summary>The id of an event with that content.</summary>
    /// <param name="timestamp">Nanoseconds since 1970.</param>
    /// <param name="service">At most 64 bytes.</param>
    /// <param name="content">What its kind wrote.</param>
    public static EventId IdOf(long timestamp, string service, ReadOnlySpan<byte> content)
    {
        Span<byte> prefix = stackalloc byte[TimestampBytes + Event.MaxServiceBytes + 2];
        var length = Add(prefix, 0, timestamp);
        length = Add(prefix, length, service);
        Span<byte> hash = stackalloc byte[HashBytes];
        Hash(prefix[..length], content, hash);
        return EventId.FromHash(hash);
    }

    /// <summary>Writes the 32 bytes that the emitter signs.</summary>
    /// <param name="id">The event's id.</param>
    /// <param name="timestamp">Nanoseconds since 1970.</param>
    /// <param name="service">At most 64 bytes.</param>
    /// <param name="emitter">By name, at most 256 bytes.</param>
    /// <param name="content">What its kind wrote.</param>
    /// <param name="hash">Room for 32 bytes.</param>
    public static void HashToSign(
        EventId id, long timestamp, string service, string emitter, ReadOnlySpan<byte> content, Span<byte> hash)
    {
        const int most = EventId.TextLength + TimestampBytes + Event.MaxServiceBytes + Event.MaxNameBytes + 4;
        Span<byte> prefix = stackalloc byte[most];
        id.WriteTo(prefix);
        prefix[EventId.TextLength] = (byte)':';
        var length = Add(prefix, EventId.TextLength + 1, timestamp);
        length = Add(prefix, length, service);
        length = Add(prefix, length, emitter);
        Hash(prefix[..length], content, hash);
    }

    private static int Add(Span<byte> prefix, int at, long number)
    {
        _ = Utf8Formatter.TryFormat(number, prefix[at..], out var written);
        prefix[at + written] = (byte)':';
        return at + written + 1;
    }

    private static int Add(Span<byte> prefix, int at, string text)
    {
        at += Encoding.UTF8.GetBytes(text, prefix[at..^1]);
        prefix[at] = (byte)':';
        return at + 1;
    }

    // One call on one buffer: an incremental hash would cost an object for each event.
    private static void Hash(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content, Span<byte> hash)
    {
        var length = prefix.Length + content.Length;
        var rented = length > OnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        var bytes = rented is null ? stackalloc byte[OnStack] : rented;
        prefix.CopyTo(bytes);
        content.CopyTo(bytes[prefix.Length..]);
        SHA256.HashData(bytes[..length], hash);
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }
}
