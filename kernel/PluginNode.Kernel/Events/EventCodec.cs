using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using PluginNode.Identity;

namespace PluginNode.Events;

/// <summary>What came of decoding.</summary>
/// <param name="Event">The event, not verified; null where it was refused.</param>
/// <param name="Verdict"><see cref="EventVerdict.Valid"/> where there is an event: nothing but its form was looked
/// at.</param>
/// <param name="Reason">Why it was refused, one line; null where there is an event.</param>
public readonly record struct EventDecoding(Event? Event, EventVerdict Verdict, string? Reason)
{
    /// <summary>A refusal.</summary>
    public static EventDecoding Refused(EventVerdict verdict, string reason) => new(null, verdict, reason);
}

/// <summary>
/// One event as JSON, as the nara network has it on its wires:
/// <code>
/// {"id":"887c…","ts":1768900000123456789,"svc":"social","emitter":"alice","sig":"u/zC…==","social":{…}}
/// </code>
/// The member that carries the data is the kind's. Callable from any thread.
/// </summary>
/// <param name="kinds">Which member that is.</param>
public sealed class EventCodec(EventKinds kinds)
{
    /// <summary>Most bytes of an event's JSON: what is not its own is not kept, but has to be read.</summary>
    public const int MaxEventBytes = 2 * Event.MaxDataBytes;

    private readonly NameCache _names = new();

    /// <summary>
    /// Reads one event, and copies what it keeps. Member names are compared as <see cref="MemberName"/> does; members
    /// that it does not know are skipped, those that it knows may stand there once, null counts as absent. Whatever the
    /// bytes are, the answer is a value.
    /// </summary>
    /// <param name="json">One JSON object.</param>
    public EventDecoding Decode(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxEventBytes)
            return EventDecoding.Refused(EventVerdict.TooLarge, $"an event has at most {MaxEventBytes} bytes of JSON");
        if (!System.Text.Unicode.Utf8.IsValid(json))
            return EventDecoding.Refused(EventVerdict.Malformed, "it is not UTF-8");
        try
        {
            return new EventReader(json, kinds, _names).Read();
        }
        catch (JsonException e)
        {
            return EventDecoding.Refused(EventVerdict.Malformed, $"it is not JSON: {e.Message}");
        }
    }

    /// <summary>Writes one event in the order and with the escapes of Go's encoder: what a nara peer made comes out
    /// byte for byte as it came in.</summary>
    /// <param name="event">The event.</param>
    /// <param name="output">Receives the JSON, without a line end.</param>
    public void Encode(Event @event, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(@event);
        ArgumentNullException.ThrowIfNull(output);
        output.Write("{\"id\":\""u8);
        @event.Id.WriteTo(output.GetSpan(EventId.TextLength));
        output.Advance(EventId.TextLength);
        output.Write("\",\"ts\":"u8);
        _ = Utf8Formatter.TryFormat(@event.Timestamp, output.GetSpan(20), out var written);
        output.Advance(written);
        output.Write(",\"svc\":"u8);
        JsonText.WriteAsGo(@event.Service, output);
        WriteName(",\"emitter\":"u8, @event.Emitter, output);
        WriteName(",\"emitter_id\":"u8, @event.EmitterId, output);
        if (!@event.Signature.IsEmpty)
        {
            output.Write(",\"sig\":\""u8);
            _ = Base64.EncodeToUtf8(@event.Signature.Span, output.GetSpan(SignatureTextBytes), out _, out written);
            output.Advance(written);
            output.Write("\""u8);
        }
        output.Write(",\""u8);
        output.Write(kinds.Find(@event.Service).Member);
        output.Write("\":"u8);
        output.Write(@event.Data.Span);
        output.Write("}"u8);
    }

    private static int SignatureTextBytes => Base64.GetMaxEncodedToUtf8Length(ISigner.SignatureBytes);

    private static void WriteName(ReadOnlySpan<byte> member, string name, IBufferWriter<byte> output)
    {
        if (name.Length == 0) return;
        output.Write(member);
        JsonText.WriteAsGo(name, output);
    }
}
