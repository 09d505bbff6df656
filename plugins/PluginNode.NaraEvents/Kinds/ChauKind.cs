using System.Buffers;
using PluginNode.Events;
using PluginNode.NaraEvents.Reading;

namespace PluginNode.NaraEvents.Kinds;

/// <summary>Somebody says goodbye. The key may be empty: the emitter's known one counts.</summary>
internal sealed class ChauKind : IEventKind, IBoundedKind
{
    private const int From = 0, PublicKey = 1;

    private static readonly Schema Members = new(
        ("From", FieldType.Text), ("PublicKey", FieldType.Text), ("ID", FieldType.Text), ("Signature", FieldType.Text));

    public string Service => "chau";

    public string Member => "chau";

    public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
    {
        Span<Field> f = stackalloc Field[Members.Count];
        if (Members.Read(data, f) is { } problem) return EventReading.Invalid(problem);
        var signed = new Content(data, content);
        signed.Literal("chau:"u8);
        signed.Join(f[From], f[PublicKey]);
        if (f[From].IsEmpty) return EventReading.Invalid("From: must not be empty");
        var name = f[From].Text(data);
        return EventReading.Valid(name, name, EventImportance.High);
    }

    public IReadOnlyList<EventBound> BoundsOf(string emitter, long timestamp, in EventReading reading) =>
        PresenceBounds.Of(emitter);
}
