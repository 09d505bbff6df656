using System.Buffers;
using PluginNode.Events;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>Somebody was seen, by whatever way.</summary>
internal sealed class SeenKind : IEventKind
{
    private const int Observer = 0, Subject = 1, Via = 2;

    private static readonly Schema Members = new(
        ("observer", FieldType.Text), ("subject", FieldType.Text), ("via", FieldType.Text),
        ("observer_id", FieldType.Text), ("subject_id", FieldType.Text));

    public string Service => "seen";

    public string Member => "seen";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        if (Members.Read(data, f) is { } problem) return EventReading.Invalid(problem);
        var signed = new Content(data, content);
        signed.Literal("seen:"u8);
        signed.Join(f[Observer], f[Subject], f[Via]);
        if (f[Observer].IsEmpty) return EventReading.Invalid("observer: must not be empty");
        if (f[Subject].IsEmpty) return EventReading.Invalid("subject: must not be empty");
        if (f[Via].IsEmpty) return EventReading.Invalid("via: must not be empty");
        return EventReading.Valid(f[Observer].Text(data), f[Subject].Text(data), EventImportance.Low);
    }
}
